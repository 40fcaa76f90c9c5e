// The envelope is walked first; then its one list of rows or columns goes through the tiles.
#include "serve/values_request.hpp"

#include <algorithm>
#include <optional>

#include "serve/column_lists.hpp"

namespace mainspring {
namespace {

/// Where a value stands in the body.
struct Place {
  uint64_t first;
  uint64_t last;
};

class ValuesRequest {
 public:
  ValuesRequest(const ModelContext& model, std::span<const uint8_t> body, bool takes_frames)
      : model_(model), body_(body), request_(body, model.schema), columns_(model.schema) {
    request_.for_members("the body", [&](const JsonString& name) {
      if (equals(name, "signature_name") || equals(name, "params")) {
        request_.skip();
        return 0;
      }
      const bool is_rows =
          equals(name, "instances") || (takes_frames && equals(name, "dataframe_records"));
      const bool is_split = takes_frames && equals(name, "dataframe_split");
      is_inputs_ = equals(name, "inputs");
      if (!is_rows && !is_split && !is_inputs_) fail_member(name, takes_frames);
      if (has_values_) {
        request_.fail(name.begin, JsonRequest::shown(JsonRequest::plain(name)) +
                                      " stands beside other rows. Send one of them.");
      }
      has_values_ = true;
      if (is_split) {
        read_split();
      } else if (is_inputs_ && request_.cursor().peek() == '{') {
        columns_.read_object(&request_, "\"inputs\"");
        has_columns_ = true;
      } else {
        rows_ = read_list("the rows");
      }
      return -1;
    });
    request_.read_to_end();
    if (!has_values_) {
      throw Error(ErrorKind::kSchema,
                  std::string("The body has no rows. Send ") + forms(takes_frames) + ".");
    }
  }

  bool is_inputs() const { return is_inputs_; }

  uint64_t predict(OutputKind kind, std::vector<double>* scores) {
    const JsonCall call = model_.call(body_, kind);
    if (has_columns_) {
      columns_.require_all();
      if (columns_.num_rows() > model_.max_rows) throw LimitError(model_.max_rows);
      predict_json_lists(call, columns_.lists(), columns_.num_rows(), scores);
      return columns_.num_rows();
    }
    if (places_.has_value()) return predict_json_split(call, rows_.first, *places_, scores);
    if (are_lists()) {
      return predict_json_split(call, rows_.first, columns_in_order(), scores);
    }
    return predict_json_rows(call, rows_.first, rows_.last, scores);
  }

 private:
  static const char* forms(bool takes_frames) {
    return takes_frames ? "\"dataframe_split\", \"dataframe_records\", \"instances\" or \"inputs\""
                        : "\"instances\" or \"inputs\"";
  }

  [[noreturn]] void fail_member(const JsonString& name, bool takes_frames) const {
    request_.fail(name.begin, JsonRequest::shown(JsonRequest::plain(name)) +
                                  " is no member of this request; expected " + forms(takes_frames) +
                                  ".");
  }

  Place read_list(const char* what) {
    JsonCursor& cursor = request_.cursor();
    if (cursor.peek() != '[') request_.fail(cursor.at, std::string(what) + " are not a list.");
    const auto first = static_cast<uint64_t>(cursor.at - cursor.begin);
    request_.skip();
    return {first, static_cast<uint64_t>(cursor.at - cursor.begin)};
  }

  void read_split() {
    std::optional<std::vector<std::string>> names;
    bool has_data = false;
    const uint8_t* const at = request_.cursor().at;
    request_.for_members("\"dataframe_split\"", [&](const JsonString& name) {
      if (equals(name, "columns")) {
        names.emplace();
        request_.for_items("\"columns\"",
                           [&] { names->push_back(request_.read_text("a column's name")); });
        return 0;
      }
      if (equals(name, "data")) {
        rows_ = read_list("\"data\"");
        has_data = true;
        return 1;
      }
      request_.skip();  // "index"
      return -1;
    });
    if (!names.has_value() || !has_data) {
      request_.fail(at, "\"dataframe_split\" lacks \"columns\" or \"data\".");
    }
    place(*names, at);
  }

  void place(const std::vector<std::string>& names, const uint8_t* at) {
    std::vector<uint32_t> places;
    for (const std::string& name : names) {
      const uint32_t field = columns_.find(name);
      if (field != kNoField) {
        if (std::find(places.begin(), places.end(), field) != places.end()) {
          request_.fail(at, "Column " + JsonRequest::shown(name) + " stands twice in \"columns\".");
        }
        columns_.add(request_, field, {}, 0, at);  // so that what is missing is named
      }
      places.push_back(field);
    }
    columns_.require_all();
    places_ = std::move(places);
  }

  /// Whether the first row is a list.
  bool are_lists() const {
    JsonError ignored;
    JsonCursor cursor{body_.data(), body_.data() + rows_.first, body_.data() + rows_.last,
                      &ignored};
    return cursor.take('[') && cursor.peek() == '[';
  }

  /// The first field of each name, as the plan has them.
  std::vector<uint32_t> columns_in_order() const {
    std::vector<uint32_t> order;
    const auto fields = model_.schema.fields();
    for (uint32_t i = 0; i < fields.size(); ++i) {
      if (columns_.find(std::string(fields[i].name, fields[i].name_length)) == i) {
        order.push_back(i);
      }
    }
    return order;
  }

  const ModelContext& model_;
  std::span<const uint8_t> body_;
  JsonRequest request_;
  ColumnLists columns_;
  Place rows_{};
  std::optional<std::vector<uint32_t>> places_;
  bool has_values_ = false;
  bool has_columns_ = false;
  bool is_inputs_ = false;
};

}  // namespace

uint64_t answer_values(const ModelContext& model, std::span<const uint8_t> body, Protocol protocol,
                       OutputKind kind, std::string* out) {
  wanted_width(model.bundle, kind);
  ValuesRequest request(model, body, protocol == Protocol::kInvocations);
  std::vector<double> scores;
  const uint64_t num_rows = request.predict(kind, &scores);
  const bool are_outputs = protocol == Protocol::kValues && request.is_inputs();
  out->append(are_outputs ? "{\"outputs\":" : "{\"predictions\":");
  append_predictions(model.bundle, kind, scores, num_rows, out);
  out->push_back('}');
  return num_rows;
}

}  // namespace mainspring
