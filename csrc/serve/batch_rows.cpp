// Texts become Arrow's large strings: bytes behind one another, whichever body they came from.
#include "serve/batch_rows.hpp"

#include <string_view>

#include "runtime/json/field.hpp"

namespace mainspring {
namespace {

bool is_text(ColumnType type) {
  return type == ColumnType::kUtf8View || type == ColumnType::kBinaryView ||
         type == ColumnType::kLargeUtf8 || type == ColumnType::kLargeBinary;
}

/// A text of a tile of JSON, or of another batch.
std::string_view text_at(const ColumnView& column, uint64_t row) {
  if (column.type == ColumnType::kLargeUtf8 || column.type == ColumnType::kLargeBinary) {
    const auto* const begins = static_cast<const uint64_t*>(column.values) + row;
    return {reinterpret_cast<const char*>(column.bytes) + begins[0], begins[1] - begins[0]};
  }
  const TextView& view = static_cast<const TextView*>(column.values)[row];
  const uint8_t* const begin =
      view.length <= kInlineText ? view.prefix : column.view_buffers[view.buffer] + view.offset;
  return {reinterpret_cast<const char*>(begin), view.length};
}

ColumnType large_type(ColumnType type) {
  switch (type) {
    case ColumnType::kUtf8View: return ColumnType::kLargeUtf8;
    case ColumnType::kBinaryView: return ColumnType::kLargeBinary;
    default: return type;
  }
}

}  // namespace

void BatchRows::append(const ColumnView* columns, uint64_t num_rows) {
  for (size_t i = 0; i < columns_.size(); ++i) append_column(columns[i], num_rows, &columns_[i]);
  num_rows_ += num_rows;
}

void BatchRows::append_column(const ColumnView& from, uint64_t num_rows, Column* to) {
  to->type = large_type(from.type);
  to->unit = from.unit;
  to->validity.resize((num_rows_ + num_rows + 7) / 8);
  const bool are_texts = is_text(from.type);
  if (are_texts && to->values.empty()) to->values.push_back(0);
  for (uint64_t row = 0; row < num_rows; ++row) {
    const uint64_t at = num_rows_ + row;
    const bool is_valid =
        from.validity == nullptr || (from.validity[row / 8] >> (row % 8) & 1) != 0;
    if (is_valid) to->validity[at / 8] |= static_cast<uint8_t>(1 << (at % 8));
    if (are_texts) {
      if (is_valid) to->bytes += text_at(from, row);
      to->values.push_back(to->bytes.size());
    } else {
      to->values.push_back(static_cast<const uint64_t*>(from.values)[row]);
    }
  }
}

std::span<const ColumnView> BatchRows::views() {
  views_.assign(columns_.size(), ColumnView{});
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    ColumnView& view = views_[i];
    view.type = column.type;
    view.unit = column.unit;
    view.time_zone = "";
    view.length = num_rows_;
    view.validity = column.validity.data();
    view.values = column.values.data();
    view.bytes = reinterpret_cast<const uint8_t*>(column.bytes.data());
  }
  return views_;
}

}  // namespace mainspring
