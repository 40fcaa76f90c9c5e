// Numbers of classes to their labels, in one pass; texts need a second one, for their bytes.
#include "host/label_column.hpp"

#include <algorithm>
#include <cstring>

namespace mainspring {

namespace {

ArrowColumns::Type type_of(LabelType type) {
  switch (type) {
    case LabelType::kInteger: return ArrowColumns::Type::kInt64;
    case LabelType::kFloat: return ArrowColumns::Type::kFloat64;
    case LabelType::kBool: return ArrowColumns::Type::kBool;
    case LabelType::kText: return ArrowColumns::Type::kText;
  }
  return ArrowColumns::Type::kFloat64;
}

void fill_texts(const LabelsView& labels, std::span<const double> numbers, ArrowColumns* columns) {
  auto* offsets = static_cast<int64_t*>(columns->values(0));
  offsets[0] = 0;
  for (size_t row = 0; row < numbers.size(); ++row) {
    const LabelText text = label_text(labels, static_cast<uint32_t>(numbers[row]));
    offsets[row + 1] = offsets[row] + static_cast<int64_t>(text.length);
  }
  char* bytes = columns->make_text(0, static_cast<uint64_t>(offsets[numbers.size()]));
  for (size_t row = 0; row < numbers.size(); ++row) {
    const LabelText text = label_text(labels, static_cast<uint32_t>(numbers[row]));
    std::memcpy(bytes + offsets[row], text.begin, text.length);
  }
}

}  // namespace

ArrowColumns label_column(const LabelsView& labels, const std::string& name,
                          std::span<const double> numbers) {
  ArrowColumns columns({{name, type_of(labels.type)}}, numbers.size());
  if (labels.type == LabelType::kText) {
    fill_texts(labels, numbers, &columns);
  } else if (labels.type == LabelType::kBool) {
    auto* bits = static_cast<uint8_t*>(columns.values(0));
    std::fill_n(bits, (numbers.size() + 7) / 8, uint8_t{0});
    for (size_t row = 0; row < numbers.size(); ++row) {
      const uint64_t word = labels.words[static_cast<uint32_t>(numbers[row])];
      bits[row / 8] |= static_cast<uint8_t>(word << row % 8);
    }
  } else {  // int64 and float64: eight bytes that are the word
    auto* words = static_cast<uint64_t*>(columns.values(0));
    for (size_t row = 0; row < numbers.size(); ++row) {
      words[row] = labels.words[static_cast<uint32_t>(numbers[row])];
    }
  }
  return columns;
}

}  // namespace mainspring
