// Numbers and text written by the runtime's own writers.
#include "serve/json_text.hpp"

#include <bit>
#include <cmath>

#include "runtime/json/number.hpp"
#include "runtime/json/write_text.hpp"

namespace mainspring {

void append_text(std::string_view text, std::string* out) {
  const size_t before = out->size();
  out->resize(before + max_json_text(text.size()));
  out->resize(before + write_json_text(text.data(), text.size(), out->data() + before));
}

void append_number(double value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append("null");
    return;
  }
  char text[kMaxDoubleText];
  out->append(text, write_double(value, text));
}

void append_integer(uint64_t value, std::string* out) {
  char text[20];
  out->append(text, write_uint64(value, text));
}

void append_label(const LabelsView& labels, uint32_t number, std::string* out) {
  const uint64_t word = labels.words[number];
  switch (labels.type) {
    case LabelType::kInteger: {
      const bool is_negative = static_cast<int64_t>(word) < 0;
      if (is_negative) out->push_back('-');
      append_integer(is_negative ? 0 - word : word, out);
      break;
    }
    case LabelType::kFloat: append_number(std::bit_cast<double>(word), out); break;
    case LabelType::kBool: out->append(word != 0 ? "true" : "false"); break;
    case LabelType::kText: {
      const LabelText text = label_text(labels, number);
      append_text({text.begin, text.length}, out);
      break;
    }
  }
}

void append_labels(const LabelsView& labels, const double* numbers, uint64_t count,
                   std::string* out) {
  out->push_back('[');
  for (uint64_t i = 0; i < count; ++i) {
    if (i != 0) out->push_back(',');
    append_label(labels, static_cast<uint32_t>(numbers[i]), out);
  }
  out->push_back(']');
}

void append_list(const double* values, uint64_t count, uint64_t stride, std::string* out) {
  out->push_back('[');
  for (uint64_t i = 0; i < count; ++i) {
    if (i != 0) out->push_back(',');
    append_number(values[i * stride], out);
  }
  out->push_back(']');
}

}  // namespace mainspring
