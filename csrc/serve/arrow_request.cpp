// The table's own buffers are what is predicted from.
#include "serve/arrow_request.hpp"

#include "host/match_columns.hpp"
#include "host/parallel_predict.hpp"
#include "host/read_ipc.hpp"
#include "serve/write_ipc.hpp"

namespace mainspring {

uint64_t answer_arrow(const ModelContext& model, std::span<const uint8_t> body,
                      const RequestForm& form, std::string* out) {
  const uint32_t width = wanted_width(model.bundle, form.kind);
  const Table table = read_ipc_stream(body);
  const uint64_t num_rows = table.num_rows();
  if (num_rows > model.max_rows) throw LimitError(model.max_rows);
  for (const BatchColumns& batch : match_columns(model.bundle, table)) {
    model.observer->on_read(batch.columns.data(), batch.num_rows);
  }
  std::vector<double> scores(num_rows * width);
  predict_table(model.bundle, table, form.kind, scores.data());
  model.observer->on_predicted(scores.data(), num_rows);
  if (form.arrow_answer) {
    std::vector<std::string> names;
    for (uint32_t i = 0; i < width; ++i) {
      names.push_back(output_name(model.names, form.kind, i, width));
    }
    const LabelsView& labels = model.bundle.view().labels;
    const bool are_labels = form.kind == OutputKind::kPredict && labels.num_labels != 0;
    write_ipc_stream(names, scores, num_rows, are_labels ? &labels : nullptr, out);
  } else {
    append_answer(model, form.kind, scores, num_rows, out);
  }
  return num_rows;
}

}  // namespace mainspring
