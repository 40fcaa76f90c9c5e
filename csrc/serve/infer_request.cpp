// Reads the envelope once, walking the data of each tensor to count it; then all tensors go side by
// side through the tiles.
#include "serve/infer_request.hpp"

#include <algorithm>
#include <optional>

#include "host/match_columns.hpp"
#include "host/names.hpp"
#include "serve/column_lists.hpp"
#include "serve/datatypes.hpp"
#include "serve/json_text.hpp"
#include "serve/served_model.hpp"

namespace mainspring {
namespace {

constexpr const char* kNoBinary =
    "this server takes and gives tensors as JSON data, not as binary data. Leave the binary "
    "parameters out (tritonclient: binary_data=False).";

const char* datatype_of_labels(const LabelsView& labels) {
  if (labels.num_labels == 0) return "FP64";
  switch (labels.type) {
    case LabelType::kInteger: return "INT64";
    case LabelType::kFloat: return "FP64";
    case LabelType::kBool: return "BOOL";
    case LabelType::kText: return "BYTES";
  }
  return "FP64";
}

struct Tensor {
  std::string name;
  std::vector<uint64_t> shape;
  std::optional<Datatype> datatype;
  std::optional<ListReader> data;
  uint64_t num_values = 0;
};

class InferRequest {
 public:
  InferRequest(const ModelContext& model, std::span<const uint8_t> body)
      : model_(model), request_(body, model.schema), columns_(model.schema) {
    bool has_inputs = false;
    request_.for_members("the body", [&](const JsonString& name) {
      if (equals(name, "id")) {
        id_ = request_.read_text("\"id\"");
        return 0;
      }
      if (equals(name, "parameters")) {
        read_parameters("\"parameters\"");
        return 1;
      }
      if (equals(name, "inputs")) {
        request_.for_items("\"inputs\"", [&] { read_input(); });
        has_inputs = true;
        return 2;
      }
      if (equals(name, "outputs")) {
        request_.for_items("\"outputs\"", [&] { read_output(); });
        return 3;
      }
      request_.fail(name.begin, JsonRequest::shown(JsonRequest::plain(name)) +
                                    " is no member of an inference request; expected \"id\", "
                                    "\"parameters\", \"inputs\" or \"outputs\".");
    });
    request_.read_to_end();
    if (!has_inputs) {
      throw Error(ErrorKind::kSchema,
                  "The body has no \"inputs\". Send one for each column of the model.");
    }
    columns_.require_all();
    if (columns_.num_rows() > model.max_rows) throw LimitError(model.max_rows);
  }

  uint64_t answer(std::string* out) {
    const uint32_t width = output_width(model_.bundle.view(), OutputKind::kPredict);
    const uint64_t num_rows = columns_.num_rows();
    std::vector<double> scores;
    predict_json_lists(model_.bundle, model_.schema, request_.text(), columns_.lists(), num_rows,
                       OutputKind::kPredict, &scores);
    if (outputs_.empty()) {
      for (uint32_t i = 0; i < width; ++i) outputs_.push_back(i);
    }
    const LabelsView& labels = model_.bundle.view().labels;
    out->append("{\"model_name\":");
    append_text(model_.names.name, out);
    out->append(",\"model_version\":");
    append_text(model_.names.version, out);
    if (id_.has_value()) {
      out->append(",\"id\":");
      append_text(*id_, out);
    }
    out->append(",\"outputs\":[");
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (i != 0) out->push_back(',');
      out->append("{\"name\":");
      append_text(model_.names.outputs[outputs_[i]], out);
      out->append(",\"datatype\":\"");
      out->append(datatype_of_labels(labels));
      out->append("\",\"shape\":[");
      append_integer(num_rows, out);
      out->append("],\"data\":");
      if (labels.num_labels != 0) {
        append_labels(labels, scores.data(), num_rows, out);
      } else {
        append_list(scores.data() + outputs_[i], num_rows, width, out);
      }
      out->push_back('}');
    }
    out->append("]}");
    return num_rows;
  }

 private:
  /// Parameters that would change what the answer means; the others are let pass.
  void read_parameters(const char* what) {
    request_.for_members(what, [&](const JsonString& name) {
      const uint8_t* const at = name.begin;
      if (equals(name, "priority") || equals(name, "timeout")) {
        request_.read_count(equals(name, "priority") ? "\"priority\"" : "\"timeout\"");
      } else if (equals(name, "binary_data") || equals(name, "binary_data_output")) {
        if (request_.read_bool("a binary parameter")) request_.fail(at, kNoBinary);
      } else if (equals(name, "binary_data_size")) {
        request_.fail(at, kNoBinary);
      } else if (equals(name, "classification")) {
        request_.fail(at, "the classification extension is not part of this server.");
      } else {
        request_.skip();
      }
      return -1;
    });
  }

  void read_input() {
    const uint8_t* const at = request_.cursor().at;
    Tensor tensor;
    bool has_shape = false;
    request_.for_members("an input", [&](const JsonString& name) {
      if (equals(name, "name")) {
        tensor.name = request_.read_text("an input's \"name\"");
        return 0;
      }
      if (equals(name, "shape")) {
        request_.for_items("\"shape\"", [&] {
          tensor.shape.push_back(request_.read_count("a size in \"shape\""));
          if (tensor.shape.size() > 2) {
            request_.fail(request_.cursor().at, "\"shape\" is neither [rows] nor [rows, 1].");
          }
        });
        has_shape = true;
        return 1;
      }
      if (equals(name, "datatype")) {
        read_datatype(&tensor);
        return 2;
      }
      if (equals(name, "data")) {
        ListReader list;
        request_.check(
            open_list(&request_.cursor(), Datatype::kAny, true, &list, &tensor.num_values));
        tensor.data = list;
        return 3;
      }
      if (equals(name, "parameters")) {
        read_parameters("an input's \"parameters\"");
        return 4;
      }
      request_.skip();
      return -1;
    });
    const char* lacks = tensor.name.empty()            ? "name"
                        : !has_shape                   ? "shape"
                        : !tensor.datatype.has_value() ? "datatype"
                        : !tensor.data.has_value()     ? "data"
                                                       : nullptr;
    if (lacks != nullptr) {
      request_.fail(at, "Input " + JsonRequest::shown(tensor.name) + " lacks \"" + lacks + "\".");
    }
    add_input(tensor, at);
  }

  void read_datatype(Tensor* tensor) {
    const uint8_t* const at = request_.cursor().at;
    const std::string name = request_.read_text("an input's \"datatype\"");
    tensor->datatype = datatype_of(name);
    if (tensor->datatype.has_value()) return;
    const bool is_half = name == "FP16" || name == "BF16";
    request_.fail(at, is_half ? name + " values cannot be written in JSON. Send FP32."
                              : JsonRequest::shown(name) +
                                    " is no datatype; expected BOOL, INT8 to INT64, UINT8 to "
                                    "UINT64, FP32, FP64 or BYTES.");
  }

  void add_input(Tensor& tensor, const uint8_t* at) {
    const uint32_t field = columns_.find(tensor.name);
    if (field == kNoField) fail_unknown_input(tensor.name, at);
    const std::string subject = "Input " + JsonRequest::shown(tensor.name) + " ";
    const std::vector<uint64_t>& shape = tensor.shape;
    if (shape.empty() || (shape.size() == 2 && shape[1] != 1)) {
      request_.fail(at, subject + "has another \"shape\" than [rows] or [rows, 1].");
    }
    if (shape[0] != tensor.num_values) {
      request_.fail(at, subject + "has " + std::to_string(tensor.num_values) +
                            " values, but its \"shape\" says " + std::to_string(shape[0]) + ".");
    }
    if (tensor.data->is_nested && shape.size() != 2) {
      request_.fail(at, subject + "has lists inside its data, but \"shape\" is not [rows, 1].");
    }
    for (uint32_t same = field; same != kNoField; same = model_.schema.fields()[same].next_same) {
      if (!takes(model_.schema.fields()[same], *tensor.datatype)) {
        request_.fail(at, subject + "has a datatype that its column does not take; expected " +
                              datatypes_of(model_.schema.fields()[same]) + ".");
      }
    }
    tensor.data->datatype = *tensor.datatype;
    columns_.add(request_, field, *tensor.data, tensor.num_values, at);
  }

  [[noreturn]] void fail_unknown_input(const std::string& name, const uint8_t* at) const {
    std::vector<std::string> known;
    for (uint32_t i = 0; i < model_.schema.plan().num_inputs; ++i) {
      known.emplace_back(input_name(model_.schema.plan(), i));
    }
    const std::string guess = did_you_mean(name, known);
    request_.fail(at, "Input " + JsonRequest::shown(name) +
                          " is no column of the model, which has " + list_names(known) + "." +
                          (guess.empty() ? "" : " " + guess));
  }

  void read_output() {
    const uint8_t* const at = request_.cursor().at;
    std::string wanted;
    request_.for_members("an output", [&](const JsonString& name) {
      if (equals(name, "name")) {
        wanted = request_.read_text("an output's \"name\"");
        return 0;
      }
      if (equals(name, "parameters")) {
        read_parameters("an output's \"parameters\"");
        return 1;
      }
      request_.skip();
      return -1;
    });
    const std::vector<std::string>& names = model_.names.outputs;
    const auto found = std::find(names.begin(), names.end(), wanted);
    if (found == names.end()) {
      request_.fail(at, "Output " + JsonRequest::shown(wanted) + " is not known; the model has " +
                            list_names(names) + ".");
    }
    const auto number = static_cast<uint32_t>(found - names.begin());
    if (std::find(outputs_.begin(), outputs_.end(), number) != outputs_.end()) {
      request_.fail(at, "Output " + JsonRequest::shown(wanted) + " is asked for twice.");
    }
    outputs_.push_back(number);
  }

  const ModelContext& model_;
  JsonRequest request_;
  ColumnLists columns_;
  std::optional<std::string> id_;
  std::vector<uint32_t> outputs_;
};

[[noreturn]] void fail_lists(const JsonSchema& schema) {
  const auto fields = schema.fields();
  const auto list =
      std::find_if(fields.begin(), fields.end(), [](const Field& field) { return field.is_list; });
  const std::string name(list->name, list->name_length);
  const char* fix = "Send rows of JSON to /predict.";
  throw Error(ErrorKind::kUnsupported,
              "Column '" + name + "' holds lists of any length, which tensors do not. " + fix)
      .column(name)
      .got("lists")
      .hint(fix);
}

}  // namespace

uint64_t answer_infer(const ModelContext& model, std::span<const uint8_t> body, std::string* out) {
  // A tensor has the same number of values in every row.
  if (model.schema.has_lists()) fail_lists(model.schema);
  return InferRequest(model, body).answer(out);
}

}  // namespace mainspring
