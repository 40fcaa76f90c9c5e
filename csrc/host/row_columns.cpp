// Columns of length one over a few bytes of their own. The type of a column follows its value: an
// input takes whatever a batch's column of that type could give it.
#include "host/row_columns.hpp"

namespace mainspring {
namespace {

constexpr uint8_t kNotValid = 0;  // a validity bitmap that says so

}  // namespace

RowColumns::RowColumns(uint32_t num_inputs)
    : columns_(num_inputs), values_(num_inputs), lists_(num_inputs) {
  for (uint32_t i = 0; i < num_inputs; ++i) {
    columns_[i].time_zone = "";
    columns_[i].length = 1;
  }
}

ColumnView& RowColumns::column(uint32_t input, ColumnType type, TimeUnit unit) {
  ColumnView& view = columns_[input];
  view.type = type;
  view.unit = unit;
  view.validity = nullptr;
  view.values = &values_[input];
  return view;
}

void RowColumns::set_missing(uint32_t input) {
  // Every kind of input reads a null of any type as missing; empty bytes keep the offsets sound.
  values_[input].offsets[0] = 0;
  values_[input].offsets[1] = 0;
  column(input, ColumnType::kNull).validity = &kNotValid;
}

void RowColumns::set_number(uint32_t input, double value) {
  values_[input].number = value;
  column(input, ColumnType::kF64);
}

void RowColumns::set_integer(uint32_t input, int64_t value) {
  values_[input].integer = value;
  column(input, ColumnType::kI64);
}

void RowColumns::set_unsigned(uint32_t input, uint64_t value) {
  values_[input].unsigned_integer = value;
  column(input, ColumnType::kU64);
}

void RowColumns::set_time(uint32_t input, int64_t ticks, TimeUnit unit) {
  values_[input].integer = ticks;
  column(input, ColumnType::kTimestamp, unit);
}

void RowColumns::set_bytes(uint32_t input, const void* data, uint64_t length) {
  values_[input].offsets[0] = 0;
  values_[input].offsets[1] = static_cast<int64_t>(length);
  column(input, ColumnType::kLargeUtf8).bytes = static_cast<const uint8_t*>(data);
}

void RowColumns::begin_list(uint32_t input, InputKind kind) { lists_[input].clear(kind); }

void RowColumns::add_element(uint32_t input, const ColumnView& element) {
  lists_[input].add(element);
}

void RowColumns::end_list(uint32_t input) { lists_[input].show(&columns_[input]); }

}  // namespace mainspring
