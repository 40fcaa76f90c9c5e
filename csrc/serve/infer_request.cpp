// Reads the envelope once, walking the data of each tensor to count it; then all tensors go side by
// side through the tiles.
#include "serve/infer_request.hpp"

#include <algorithm>
#include <optional>

#include "host/match_columns.hpp"
#include "host/names.hpp"
#include "serve/column_lists.hpp"
#include "serve/datatypes.hpp"
#include "serve/infer_answer.hpp"

namespace mainspring {
namespace {

struct Tensor {
  std::string name;
  std::vector<uint64_t> shape;
  std::optional<Datatype> datatype;
  std::optional<ListReader> data;
  uint64_t num_values = 0;
  std::optional<uint64_t> binary_bytes;
  std::vector<uint64_t> missing;
};

/// What "parameters" of an input, an output or the request say.
struct Parameters {
  std::optional<uint64_t> binary_bytes;
  std::optional<bool> binary_data;
  std::vector<uint64_t> missing;
  uint64_t priority = 0, timeout_us = 0;
};

class InferRequest {
 public:
  InferRequest(const ModelContext& model, std::span<const uint8_t> body, uint64_t json_bytes)
      : model_(model),
        body_(body),
        next_binary_(body.data() + json_bytes),
        request_(body.first(json_bytes), model.schema),
        columns_(model.schema) {
    bool has_inputs = false;
    request_.for_members("the body", [&](const JsonString& name) {
      if (equals(name, "id")) {
        id_ = request_.read_text("\"id\"");
        return 0;
      }
      if (equals(name, "parameters")) {
        read_own_parameters();
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
    if (next_binary_ != body.data() + body.size()) {
      throw Error(ErrorKind::kData,
                  std::to_string(body.data() + body.size() - next_binary_) +
                      " bytes follow behind the binary data that the inputs name. Check "
                      "\"binary_data_size\" and Inference-Header-Content-Length.");
    }
    columns_.require_all();
    if (columns_.num_rows() > model.max_rows) throw LimitError(model.max_rows);
  }

  uint64_t answer(Reply* reply) {
    const uint64_t num_rows = columns_.num_rows();
    std::vector<double> scores;
    predict_json_lists(model_.call(body_, OutputKind::kPredict), columns_.lists(), num_rows,
                       &scores);
    if (outputs_.empty()) {
      const uint32_t width = output_width(model_.bundle.view(), OutputKind::kPredict);
      for (uint32_t i = 0; i < width; ++i) outputs_.push_back({i, std::nullopt});
    }
    for (WantedOutput& output : outputs_) {
      if (!output.binary.has_value()) output.binary = binary_answer_;
    }
    write_infer_answer(model_, id_, outputs_, scores, num_rows, reply);
    return num_rows;
  }

 private:
  /// Parameters that would change what the answer means; the others are let pass.
  Parameters read_parameters(const char* what) {
    Parameters found;
    request_.for_members(what, [&](const JsonString& name) {
      const uint8_t* const at = name.begin;
      if (equals(name, "priority")) {
        found.priority = request_.read_count("\"priority\"");
      } else if (equals(name, "timeout")) {
        found.timeout_us = request_.read_count("\"timeout\"");
      } else if (equals(name, "binary_data") || equals(name, "binary_data_output")) {
        found.binary_data = request_.read_bool("a binary parameter");
      } else if (equals(name, "binary_data_size")) {
        found.binary_bytes = request_.read_count("\"binary_data_size\"");
        return 0;
      } else if (equals(name, "missing")) {
        request_.for_items("\"missing\"", [&] {
          found.missing.push_back(request_.read_count("a row in \"missing\""));
        });
        return 1;
      } else if (equals(name, "classification")) {
        if (request_.read_count("\"classification\"") != 0) {
          request_.fail(at, "the classification extension is not part of this server.");
        }
      } else if (equals(name, "shared_memory_region")) {
        request_.fail(at, "shared memory is not part of this server; send the data in the body.");
      } else {
        request_.skip();
      }
      return -1;
    });
    return found;
  }

  void read_own_parameters() {
    const Parameters found = read_parameters("\"parameters\"");
    binary_answer_ = found.binary_data.value_or(false);
    if (model_.demand == nullptr) return;
    constexpr uint64_t kMost = UINT64_MAX / 1000;
    if (found.priority != 0) model_.demand->priority = found.priority;
    if (found.timeout_us != 0) model_.demand->timeout_ns = 1000 * std::min(found.timeout_us, kMost);
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
        Parameters found = read_parameters("an input's \"parameters\"");
        tensor.binary_bytes = found.binary_bytes;
        tensor.missing = std::move(found.missing);
        return 4;
      }
      request_.skip();
      return -1;
    });
    const char* lacks = tensor.name.empty()                                            ? "name"
                        : !has_shape                                                   ? "shape"
                        : !tensor.datatype.has_value()                                 ? "datatype"
                        : !tensor.data.has_value() && !tensor.binary_bytes.has_value() ? "data"
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
    request_.fail(at, JsonRequest::shown(name) +
                          " is no datatype; expected BOOL, INT8 to INT64, UINT8 to UINT64, FP16, "
                          "BF16, FP32, FP64 or BYTES.");
  }

  /// The bytes behind the JSON that belong to this input: they stand in the order of the inputs.
  BinaryTensor take_binary(Tensor& tensor, const uint8_t* at) {
    const auto left = static_cast<uint64_t>(body_.data() + body_.size() - next_binary_);
    const uint64_t num_bytes = *tensor.binary_bytes;
    const std::string subject = "Input " + JsonRequest::shown(tensor.name) + " ";
    if (tensor.data.has_value()) {
      request_.fail(at, subject + "has both \"data\" and \"binary_data_size\". Leave one out.");
    }
    if (num_bytes > left) {
      request_.fail(at, subject + "has a \"binary_data_size\" of " + std::to_string(num_bytes) +
                            " bytes, and " + std::to_string(left) + " are left in the body.");
    }
    const uint8_t* const begin = next_binary_;
    next_binary_ += num_bytes;
    return BinaryTensor(tensor.name, *tensor.datatype, begin, next_binary_,
                        std::move(tensor.missing));
  }

  void add_input(Tensor& tensor, const uint8_t* at) {
    const uint32_t field = columns_.find(tensor.name);
    if (field == kNoField) fail_unknown_input(tensor.name, at);
    const std::string subject = "Input " + JsonRequest::shown(tensor.name) + " ";
    const std::vector<uint64_t>& shape = tensor.shape;
    if (shape.empty() || (shape.size() == 2 && shape[1] != 1)) {
      request_.fail(at, subject + "has another \"shape\" than [rows] or [rows, 1].");
    }
    if (tensor.data.has_value() && shape[0] != tensor.num_values) {
      request_.fail(at, subject + "has " + std::to_string(tensor.num_values) +
                            " values, but its \"shape\" says " + std::to_string(shape[0]) + ".");
    }
    if (tensor.data.has_value() && tensor.data->is_nested && shape.size() != 2) {
      request_.fail(at, subject + "has lists inside its data, but \"shape\" is not [rows, 1].");
    }
    for (uint32_t same = field; same != kNoField; same = model_.schema.fields()[same].next_same) {
      if (!takes(model_.schema.fields()[same], *tensor.datatype)) {
        request_.fail(at, subject + "has a datatype that its column does not take; expected " +
                              datatypes_of(model_.schema.fields()[same]) + ".");
      }
    }
    ColumnValues values{};
    if (tensor.binary_bytes.has_value()) {
      values.binary = take_binary(tensor, at);
      values.binary->check(shape[0]);
    } else {
      const bool is_half =
          *tensor.datatype == Datatype::kFp16 || *tensor.datatype == Datatype::kBf16;
      if (is_half) {
        request_.fail(at, subject +
                              "has a datatype that cannot be written in JSON. Send FP32, or "
                              "binary data.");
      }
      if (!tensor.missing.empty()) {
        request_.fail(at, subject + "has \"missing\" rows, which are for binary data. Write null.");
      }
      tensor.data->datatype = *tensor.datatype;
      values.list = *tensor.data;
    }
    columns_.add(request_, field, values, shape[0], at);
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
    std::optional<bool> binary;
    request_.for_members("an output", [&](const JsonString& name) {
      if (equals(name, "name")) {
        wanted = request_.read_text("an output's \"name\"");
        return 0;
      }
      if (equals(name, "parameters")) {
        binary = read_parameters("an output's \"parameters\"").binary_data;
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
    for (const WantedOutput& output : outputs_) {
      if (output.number == number) {
        request_.fail(at, "Output " + JsonRequest::shown(wanted) + " is asked for twice.");
      }
    }
    outputs_.push_back({number, binary});
  }

  const ModelContext& model_;
  std::span<const uint8_t> body_;
  const uint8_t* next_binary_;
  JsonRequest request_;
  ColumnLists columns_;
  std::optional<std::string> id_;
  std::vector<WantedOutput> outputs_;
  bool binary_answer_ = false;
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

uint64_t answer_infer(const ModelContext& model, std::span<const uint8_t> body, uint64_t json_bytes,
                      Reply* reply) {
  // A tensor has the same number of values in every row.
  if (model.schema.has_lists()) fail_lists(model.schema);
  if (json_bytes == UINT64_MAX) json_bytes = body.size();
  if (json_bytes == 0 || json_bytes > body.size()) {
    throw Error(ErrorKind::kData, "Inference-Header-Content-Length is " +
                                      std::to_string(json_bytes) + ", and the body has " +
                                      std::to_string(body.size()) + " bytes.");
  }
  return InferRequest(model, body, json_bytes).answer(reply);
}

}  // namespace mainspring
