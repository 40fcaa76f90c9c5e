// {"outputs": ["probability"], "predictions": [0.25, 0.5]}; a list for each row where a row has
// several values.
#include "serve/predict_request.hpp"

#include "serve/column_lists.hpp"

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
    columns.read_object(&request, "\"columns\"");
    return 0;
  });
  request.read_to_end();
  columns.require_all();
  if (columns.num_rows() > model.max_rows) throw LimitError(model.max_rows);
  predict_json_lists(model.call(body, kind), columns.lists(), columns.num_rows(), scores);
  return columns.num_rows();
}

}  // namespace

uint64_t answer_predict(const ModelContext& model, std::span<const uint8_t> body, OutputKind kind,
                        std::string* out) {
  wanted_width(model.bundle, kind);
  std::vector<double> scores;
  const uint64_t num_rows = has_columns(body) ? predict_columns(model, body, kind, &scores)
                                              : predict_json_rows(model.call(body, kind), &scores);
  append_answer(model, kind, scores, num_rows, out);
  return num_rows;
}

}  // namespace mainspring
