// Checks of mainspring_column: everything a C caller can get wrong short of a false pointer or
// length.
#include "columns.hpp"

#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

// Rows beyond this could not lie in memory; sums and byte sizes below it cannot wrap.
constexpr uint64_t kMaxRows = uint64_t{1} << 48;

// A view's bytes are never null, also when there are none.
constexpr uint8_t kNoBytes[8] = {};

Status bad(Code code) { return Status{code, 0}; }

bool is_integer(ColumnType type) { return type >= ColumnType::kI8 && type <= ColumnType::kU64; }

// Bytes of one element of `values`; 0 for types that no caller may pass.
uint32_t element_bytes(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
    case ColumnType::kI8:
    case ColumnType::kU8: return 1;
    case ColumnType::kI16:
    case ColumnType::kU16:
    case ColumnType::kF16: return 2;
    case ColumnType::kI32:
    case ColumnType::kU32:
    case ColumnType::kF32:
    case ColumnType::kUtf8:
    case ColumnType::kBinary:
    case ColumnType::kList:
    case ColumnType::kDecimal32:
    case ColumnType::kDate32: return 4;
    case ColumnType::kI64:
    case ColumnType::kU64:
    case ColumnType::kF64:
    case ColumnType::kLargeUtf8:
    case ColumnType::kLargeBinary:
    case ColumnType::kLargeList:
    case ColumnType::kDecimal64:
    case ColumnType::kDate64:
    case ColumnType::kTimestamp: return 8;
    case ColumnType::kDecimal128: return 16;
    case ColumnType::kDecimal256: return 32;
    default: return 0;
  }
}

bool is_string(ColumnType type) {
  return type == ColumnType::kUtf8 || type == ColumnType::kLargeUtf8 ||
         type == ColumnType::kBinary || type == ColumnType::kLargeBinary;
}

TimeUnit unit_of(const mainspring_column& column) {
  switch (static_cast<ColumnType>(column.type)) {
    case ColumnType::kDate32: return TimeUnit::kDay;
    case ColumnType::kDate64: return TimeUnit::kMilli;
    case ColumnType::kTimestamp: return static_cast<TimeUnit>(column.unit);
    default: return TimeUnit::kNone;
  }
}

// The last offset of rows whose offsets verify_column() found to ascend.
uint64_t last_offset(const ColumnView& view) {
  const uint64_t at = view.offset + view.length;
  const auto* values = static_cast<const uint8_t*>(view.values);
  if (view.type == ColumnType::kUtf8 || view.type == ColumnType::kBinary) {
    return static_cast<uint64_t>(load<int32_t>(values + at * 4));
  }
  return static_cast<uint64_t>(load<int64_t>(values + at * 8));
}

// All but the dictionary.
Status view_plain(const mainspring_column& column, uint64_t first_row, uint64_t num_rows,
                  ColumnView* view) {
  if (column.reserved != 0) return bad(Code::kInvalidArgument);
  if (column.length > kMaxRows || column.offset > kMaxRows || first_row > column.length ||
      num_rows > column.length - first_row) {
    return bad(Code::kInvalidArgument);
  }
  const auto type = static_cast<ColumnType>(column.type);
  const auto index_type = static_cast<ColumnType>(column.index_type);
  const bool is_dictionary = type == ColumnType::kDictionary;
  if (is_dictionary && !is_integer(index_type)) return bad(Code::kUnsupportedType);
  const uint32_t size = element_bytes(is_dictionary ? index_type : type);
  if (size == 0 && type != ColumnType::kNull) return bad(Code::kUnsupportedType);
  if (type == ColumnType::kTimestamp &&
      (column.unit < MAINSPRING_SECOND || column.unit > MAINSPRING_NANOSECOND)) {
    return bad(Code::kInvalidArgument);
  }
  if (size != 0) {
    if (column.values == nullptr && num_rows != 0) return bad(Code::kInvalidArgument);
    const uint32_t alignment = size < 8 ? size : 8;
    if (reinterpret_cast<uintptr_t>(column.values) % alignment != 0) return bad(Code::kMisaligned);
  }
  if (column.scale != 0 && !is_decimal(type)) return bad(Code::kInvalidArgument);
  if (is_string(type) && column.bytes == nullptr && column.bytes_length != 0) {
    return bad(Code::kInvalidArgument);
  }

  *view = ColumnView{};
  view->type = type;
  view->index_type = index_type;
  view->unit = unit_of(column);
  view->scale = column.scale;
  view->time_zone = column.time_zone != nullptr ? column.time_zone : "";
  view->length = num_rows;
  view->offset = column.offset + first_row;
  view->validity = column.validity;
  view->values = column.values;
  view->bytes = column.bytes != nullptr ? column.bytes : kNoBytes;
  return kOkStatus;
}

Status check_strings(const mainspring_column& column, const ColumnView& view) {
  if (!is_string(view.type) || view.length == 0) return kOkStatus;
  return last_offset(view) <= column.bytes_length ? kOkStatus : bad(Code::kCorrupt);
}

// A column or a dictionary, whose entries' view is *entries.
Status view_values(const mainspring_column& column, uint64_t first_row, uint64_t num_rows,
                   ColumnView* view, ColumnView* entries) {
  const Status status = view_plain(column, first_row, num_rows, view);
  if (!status.ok() || view->type != ColumnType::kDictionary) return status;
  const mainspring_column* const values = column.dictionary;
  if (values == nullptr) return bad(Code::kInvalidArgument);
  const auto type = static_cast<ColumnType>(values->type);
  if (type == ColumnType::kDictionary || is_list(type)) return bad(Code::kUnsupportedType);
  view->dictionary = entries;
  return view_plain(*values, 0, values->length, entries);
}

Status check_all_strings(const mainspring_column& column, const ColumnView& view) {
  return view.dictionary != nullptr ? check_strings(*column.dictionary, *view.dictionary)
                                    : check_strings(column, view);
}

}  // namespace

Status view_request_column(const mainspring_column& column, uint64_t first_row, uint64_t num_rows,
                           ColumnView* view, ColumnView* nested) noexcept {
  const Status status = view_values(column, first_row, num_rows, view, nested);
  if (!status.ok() || !is_list(view->type)) return status;
  const mainspring_column* const elements = column.elements;
  if (elements == nullptr) return bad(Code::kInvalidArgument);
  if (is_list(static_cast<ColumnType>(elements->type))) return bad(Code::kUnsupportedType);
  view->child = nested;
  return view_values(*elements, 0, elements->length, nested, nested + 1);
}

Status verify_request_column(const mainspring_column& column, const ColumnView& view) noexcept {
  const Status status = verify_column(view);  // and what lies behind it
  if (!status.ok()) return status;
  if (!is_list(view.type)) return check_all_strings(column, view);
  // The runtime looks at the elements of the request's rows; how far the bytes reach is known from
  // the last offset of all.
  const Status elements = verify_column(*view.child);
  return elements.ok() ? check_all_strings(*column.elements, *view.child) : elements;
}

}  // namespace mainspring
