// Inputs of a plan to fields of JSON. The type that a column had while fitting says what text
// means: base64 for binary columns, and for booleans that true and false are numbers.
#include "host/json_schema.hpp"

#include <algorithm>
#include <string>

#include "host/match_columns.hpp"

namespace mainspring {
namespace {

int64_t ticks_per_day(TimeUnit unit) {
  constexpr int64_t kSecondsPerDay = 86400;
  switch (unit) {
    case TimeUnit::kDay: return 1;
    case TimeUnit::kMilli: return kSecondsPerDay * 1'000;
    case TimeUnit::kMicro: return kSecondsPerDay * 1'000'000;
    case TimeUnit::kNano: return kSecondsPerDay * 1'000'000'000;
    default: return kSecondsPerDay;
  }
}

bool is_binary(ColumnType type) {
  return type == ColumnType::kBinary || type == ColumnType::kLargeBinary ||
         type == ColumnType::kBinaryView || type == ColumnType::kFixedBinary;
}

FieldKind kind_of(const InputRecord& input) {
  switch (element_kind(static_cast<InputKind>(input.kind))) {
    case InputKind::kFloat: return FieldKind::kNumber;
    case InputKind::kInteger: return FieldKind::kInteger;
    case InputKind::kTimestamp: return FieldKind::kTime;
    default: break;
  }
  return is_binary(static_cast<ColumnType>(input.fitted_type)) ? FieldKind::kBinary
                                                               : FieldKind::kText;
}

/// Whether JSON holds the name as it is, without an escape.
bool is_plain(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char letter) {
    return letter == '"' || letter == '\\' || static_cast<uint8_t>(letter) < 0x20;
  });
}

}  // namespace

JsonSchema::JsonSchema(const PlanView& plan)
    : plan_(plan), fields_(plan.num_inputs), slots_(num_slots_of(plan.num_inputs)) {
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    const InputRecord& input = plan.inputs[i];
    const std::string_view name = input_name(plan, i);
    const auto fitted = static_cast<ColumnType>(input.fitted_type);
    fields_[i] = Field{name.data(),
                       input.name_length,
                       kind_of(input),
                       fitted == ColumnType::kBool,
                       is_decimal(fitted),
                       is_plain(name),
                       kNoField,
                       ticks_per_day(static_cast<TimeUnit>(input.unit)),
                       is_list(static_cast<InputKind>(input.kind))};
    has_lists_ |= fields_[i].is_list;
    has_binary_ |= fields_[i].kind == FieldKind::kBinary;
  }
  build_field_table(fields_.data(), plan.num_inputs, slots_.data());
  table_ = FieldTable{fields_.data(), plan.num_inputs, slots_.data(),
                      static_cast<uint32_t>(slots_.size())};
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    if (find_field(table_, reinterpret_cast<const uint8_t*>(fields_[i].name),
                   fields_[i].name_length) != i) {
      continue;
    }
    min_row_bytes_ += fields_[i].name_length + 4;  // quotes, colon, value
    uint64_t same = 1;
    for (uint32_t next = fields_[i].next_same; next != kNoField; next = fields_[next].next_same) {
      ++same;
    }
    max_same_ = std::max(max_same_, same);
  }
}

}  // namespace mainspring
