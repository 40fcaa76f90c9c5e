// Names and lists of predictions, as all JSON protocols write them.
#include "host/error.hpp"
#include "serve/json_text.hpp"
#include "serve/model_context.hpp"

namespace mainspring {

std::string output_name(const ModelNames& names, OutputKind kind, uint32_t number, uint32_t width) {
  if (kind == OutputKind::kPredict) return names.outputs[number];
  const std::string word = kind == OutputKind::kProba ? "probability" : "raw";
  return width == 1 ? word : word + "_" + std::to_string(number);
}

uint32_t wanted_width(const BundleImage& bundle, OutputKind kind) {
  const uint32_t width = output_width(bundle.view(), kind);
  if (width == 0) {
    throw Error(ErrorKind::kUnsupported,
                "Probabilities need a classifier that has them, and this model does not. Ask for "
                "kind=predict.");
  }
  return width;
}

void append_predictions(const BundleImage& bundle, OutputKind kind,
                        const std::vector<double>& scores, uint64_t num_rows, std::string* out) {
  const uint32_t width = output_width(bundle.view(), kind);
  const LabelsView& labels = bundle.view().labels;
  if (kind == OutputKind::kPredict && labels.num_labels != 0) {
    append_labels(labels, scores.data(), num_rows, out);
  } else if (width == 1) {
    append_list(scores.data(), num_rows, 1, out);
  } else {
    out->push_back('[');
    for (uint64_t row = 0; row < num_rows; ++row) {
      if (row != 0) out->push_back(',');
      append_list(scores.data() + row * width, width, 1, out);
    }
    out->push_back(']');
  }
}

void append_answer(const ModelContext& model, OutputKind kind, const std::vector<double>& scores,
                   uint64_t num_rows, std::string* out) {
  const uint32_t width = output_width(model.bundle.view(), kind);
  out->append("{\"outputs\":[");
  for (uint32_t i = 0; i < width; ++i) {
    if (i != 0) out->push_back(',');
    append_text(output_name(model.names, kind, i, width), out);
  }
  out->append("],\"predictions\":");
  append_predictions(model.bundle, kind, scores, num_rows, out);
  out->push_back('}');
}

}  // namespace mainspring
