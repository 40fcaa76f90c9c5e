// Which types feed which inputs.
#include "runtime/arrow/column_view.hpp"

namespace mainspring {

namespace {

bool is_number(ColumnType type) noexcept {
  return (type >= ColumnType::kBool && type <= ColumnType::kF64) || type == ColumnType::kF16 ||
         is_decimal(type);
}

bool is_bytes(ColumnType type) noexcept {
  return (type >= ColumnType::kUtf8 && type <= ColumnType::kUtf8View) ||
         (type >= ColumnType::kBinary && type <= ColumnType::kFixedBinary);
}

bool is_time(ColumnType type) noexcept {
  return type >= ColumnType::kDate32 && type <= ColumnType::kTimestamp;
}

}  // namespace

bool feeds(const ColumnView& view, InputKind kind) noexcept {
  const ColumnType type = leaf_of(view).type;
  if (type == ColumnType::kNull) return true;
  switch (kind) {
    case InputKind::kFloat: return is_number(type);
    case InputKind::kInteger: return is_number(type) || is_time(type);
    case InputKind::kBytes: return is_bytes(type);
    case InputKind::kTimestamp: return is_time(type);
    case InputKind::kFloatList:
    case InputKind::kIntegerList:
    case InputKind::kBytesList: break;
  }
  return is_list(type) && feeds(*view.child, element_kind(kind));
}

}  // namespace mainspring
