// {"outputs": ["probability"], "predictions": [0.25, 0.5]}; a list for each row where a row has
// several values.
#include "serve/predict_request.hpp"

#include "serve/column_lists.hpp"
#include "serve/json_text.hpp"
#include "serve/served_model.hpp"

namespace mainspring {
namespace {

/// Whether the body begins {"columns": {.
bool has_columns(std::span<const uint8_t> body) {
  JsonError ignored;
  JsonCursor cursor{body.data(), body.data(), body.data() + body.size(), &ignored};
  JsonString name;
  return cursor.take('{') && cursor.peek() == '"' && read_name(&cursor, &name) &&
         equals(name, "columns") && cursor.peek() == '{';
}

uint64_t predict_columns(const ModelContext& model, std::span<const uint8_t> body, OutputKind kind,
                         std::vector<double>* scores) {
  JsonRequest request(body, model.schema);
  ColumnLists columns(model.schema);
  request.for_members("the body", [&](const JsonString& member) {
    if (!equals(member, "columns")) {
      request.fail(member.begin, JsonRequest::shown(JsonRequest::plain(member)) +
                                     " is not known beside \"columns\". Leave it out.");
    }
    request.for_members("\"columns\"", [&](const JsonString& name) {
      const uint32_t field = columns.find(JsonRequest::plain(name));
      if (field == kNoField) {
        request.skip();
        return -1;
      }
      request.cursor().skip_space();
      const uint8_t* const at = request.cursor().at;
      ListReader list;
      uint64_t num_values = 0;
      request.check(open_list(&request.cursor(), Datatype::kAny, false, &list, &num_values), field);
      columns.add(request, field, list, num_values, at);
      return -1;
    });
    return 0;
  });
  request.read_to_end();
  columns.require_all();
  if (columns.num_rows() > model.max_rows) throw LimitError(model.max_rows);
  predict_json_lists(model.bundle, model.schema, body, columns.lists(), columns.num_rows(), kind,
                     scores);
  return columns.num_rows();
}

std::string output_name(const ModelNames& names, OutputKind kind, uint32_t number, uint32_t width) {
  if (kind == OutputKind::kPredict) return names.outputs[number];
  const std::string word = kind == OutputKind::kProba ? "probability" : "raw";
  return width == 1 ? word : word + "_" + std::to_string(number);
}

}  // namespace

uint64_t answer_predict(const ModelContext& model, std::span<const uint8_t> body, OutputKind kind,
                        std::string* out) {
  const uint32_t width = output_width(model.bundle.view(), kind);
  if (width == 0) {
    throw Error(ErrorKind::kUnsupported,
                "Probabilities need a classifier that has them, and this model does not. Ask for "
                "output=predict.");
  }
  std::vector<double> scores;
  const uint64_t num_rows = has_columns(body) ? predict_columns(model, body, kind, &scores)
                                              : predict_json_rows(model.bundle, model.schema, body,
                                                                  kind, model.max_rows, &scores);
  out->append("{\"outputs\":[");
  for (uint32_t i = 0; i < width; ++i) {
    if (i != 0) out->push_back(',');
    append_text(output_name(model.names, kind, i, width), out);
  }
  out->append("],\"predictions\":");
  const LabelsView& labels = model.bundle.view().labels;
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
  out->push_back('}');
  return num_rows;
}

}  // namespace mainspring
