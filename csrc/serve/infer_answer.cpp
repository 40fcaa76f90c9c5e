// JSON first, then the binary tensors in the order of the outputs.
#include "serve/infer_answer.hpp"

#include <cstring>

#include "runtime/bundle/labels.hpp"
#include "serve/json_text.hpp"

namespace mainspring {
namespace {

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

template <class T>
void append_raw(T value, std::string* out) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out->append(bytes, sizeof value);
}

void append_raw_label(const LabelsView& labels, uint32_t number, std::string* out) {
  switch (labels.type) {
    case LabelType::kInteger:
    case LabelType::kFloat: append_raw(labels.words[number], out); break;
    case LabelType::kBool: out->push_back(labels.words[number] != 0 ? 1 : 0); break;
    case LabelType::kText: {
      const LabelText text = label_text(labels, number);
      append_raw(static_cast<uint32_t>(text.length), out);
      out->append(text.begin, text.length);
      break;
    }
  }
}

void append_binary(const LabelsView& labels, const double* values, uint64_t count, uint64_t stride,
                   std::string* out) {
  for (uint64_t i = 0; i < count; ++i) {
    if (labels.num_labels != 0) {
      append_raw_label(labels, static_cast<uint32_t>(values[i]), out);
    } else {
      append_raw(values[i * stride], out);
    }
  }
}

}  // namespace

void write_infer_answer(const ModelContext& model, const std::optional<std::string>& id,
                        const std::vector<WantedOutput>& outputs, const std::vector<double>& scores,
                        uint64_t num_rows, Reply* reply) {
  const uint32_t width = output_width(model.bundle.view(), OutputKind::kPredict);
  const LabelsView& labels = model.bundle.view().labels;
  std::string* const out = &reply->body;
  std::string binary;
  bool has_binary = false;
  out->append("{\"model_name\":");
  append_text(model.names.name, out);
  out->append(",\"model_version\":");
  append_text(model.names.version, out);
  if (id.has_value()) {
    out->append(",\"id\":");
    append_text(*id, out);
  }
  out->append(",\"outputs\":[");
  for (size_t i = 0; i < outputs.size(); ++i) {
    const uint32_t number = outputs[i].number;
    if (i != 0) out->push_back(',');
    out->append("{\"name\":");
    append_text(model.names.outputs[number], out);
    out->append(",\"datatype\":\"");
    out->append(datatype_of_labels(labels));
    out->append("\",\"shape\":[");
    append_integer(num_rows, out);
    if (outputs[i].binary.value_or(false)) {
      const size_t before = binary.size();
      append_binary(labels, scores.data() + number, num_rows, width, &binary);
      out->append("],\"parameters\":{\"binary_data_size\":");
      append_integer(binary.size() - before, out);
      out->push_back('}');
      has_binary = true;
    } else {
      out->append("],\"data\":");
      if (labels.num_labels != 0) {
        append_labels(labels, scores.data(), num_rows, out);
      } else {
        append_list(scores.data() + number, num_rows, width, out);
      }
    }
    out->push_back('}');
  }
  out->append("]}");
  if (has_binary) {
    reply->json_bytes = out->size();
    out->append(binary);
  }
}

}  // namespace mainspring
