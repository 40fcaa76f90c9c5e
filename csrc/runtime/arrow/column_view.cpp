// Reads one column of the Arrow C data interface into typed pointers, looking at the schema's
// format string and at the shape of the buffers, never at the values.
#include "runtime/arrow/column_view.hpp"

#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

struct Layout {
  ColumnType type;
  TimeUnit unit;
  const char* time_zone;
};

bool same_text(const char* a, const char* b) noexcept {
  while (*a != 0 && *a == *b) {
    ++a;
    ++b;
  }
  return *a == *b;
}

bool read_timestamp(const char* format, Layout* layout) noexcept {
  TimeUnit unit;
  switch (format[2]) {
    case 's': unit = TimeUnit::kSecond; break;
    case 'm': unit = TimeUnit::kMilli; break;
    case 'u': unit = TimeUnit::kMicro; break;
    case 'n': unit = TimeUnit::kNano; break;
    default: return false;
  }
  if (format[3] != ':') return false;
  *layout = {ColumnType::kTimestamp, unit, format + 4};
  return true;
}

// False for a format that is none of ColumnType's.
bool read_format(const char* format, Layout* layout) noexcept {
  struct Row {
    const char* format;
    ColumnType type;
    TimeUnit unit;
  };
  static constexpr Row kRows[] = {
      {"b", ColumnType::kBool, TimeUnit::kNone},
      {"c", ColumnType::kI8, TimeUnit::kNone},
      {"C", ColumnType::kU8, TimeUnit::kNone},
      {"s", ColumnType::kI16, TimeUnit::kNone},
      {"S", ColumnType::kU16, TimeUnit::kNone},
      {"i", ColumnType::kI32, TimeUnit::kNone},
      {"I", ColumnType::kU32, TimeUnit::kNone},
      {"l", ColumnType::kI64, TimeUnit::kNone},
      {"L", ColumnType::kU64, TimeUnit::kNone},
      {"e", ColumnType::kF16, TimeUnit::kNone},
      {"f", ColumnType::kF32, TimeUnit::kNone},
      {"g", ColumnType::kF64, TimeUnit::kNone},
      {"u", ColumnType::kUtf8, TimeUnit::kNone},
      {"U", ColumnType::kLargeUtf8, TimeUnit::kNone},
      {"vu", ColumnType::kUtf8View, TimeUnit::kNone},
      {"z", ColumnType::kBinary, TimeUnit::kNone},
      {"Z", ColumnType::kLargeBinary, TimeUnit::kNone},
      {"vz", ColumnType::kBinaryView, TimeUnit::kNone},
      {"tdD", ColumnType::kDate32, TimeUnit::kDay},
      {"tdm", ColumnType::kDate64, TimeUnit::kMilli},
      {"n", ColumnType::kNull, TimeUnit::kNone},
  };
  if (format == nullptr) return false;
  if (format[0] == 't' && format[1] == 's') return read_timestamp(format, layout);
  for (const Row& row : kRows) {
    if (same_text(row.format, format)) {
      *layout = {row.type, row.unit, ""};
      return true;
    }
  }
  return false;
}

bool is_index_type(ColumnType type) noexcept {
  return type >= ColumnType::kI8 && type <= ColumnType::kU64;
}

// Lengths whose byte counts, 16 bytes a row at most, cannot overflow.
bool has_sane_lengths(const ArrowArray& array) noexcept {
  constexpr int64_t kMaxRows = INT64_MAX / 32;
  return array.length >= 0 && array.offset >= 0 && array.n_buffers >= 0 &&
         array.length <= kMaxRows && array.offset <= kMaxRows;
}

bool attach_validity(const ArrowArray& array, ColumnView* view) noexcept {
  if (array.n_buffers < 1 || array.buffers == nullptr) return false;
  view->validity = static_cast<const uint8_t*>(array.buffers[0]);
  if (array.null_count == 0) view->validity = nullptr;  // nothing is missing: no bitmap to read
  return !(array.null_count > 0 && view->validity == nullptr && array.length > 0);
}

bool attach_views(const ArrowArray& array, ColumnView* view) noexcept {
  if (array.n_buffers < 3 || array.n_buffers - 3 > INT32_MAX) return false;
  view->num_view_buffers = static_cast<uint32_t>(array.n_buffers - 3);
  view->view_buffers = reinterpret_cast<const uint8_t* const*>(array.buffers + 2);
  return view->num_view_buffers == 0 || array.buffers[array.n_buffers - 1] != nullptr;
}

bool has_offsets(ColumnType type) noexcept {
  return type == ColumnType::kUtf8 || type == ColumnType::kLargeUtf8 ||
         type == ColumnType::kBinary || type == ColumnType::kLargeBinary;
}

bool has_views(ColumnType type) noexcept {
  return type == ColumnType::kUtf8View || type == ColumnType::kBinaryView;
}

bool attach_buffers(const ArrowArray& array, ColumnView* view) noexcept {
  if (view->type == ColumnType::kNull) return true;
  if (!attach_validity(array, view) || array.n_buffers < 2) return false;
  view->values = array.buffers[1];
  // Buffers of no bytes may be null; offsets of strings may be too, where there are no rows.
  if (array.length > 0 && view->values == nullptr) return false;
  if (has_offsets(view->type)) {
    if (array.n_buffers < 3) return false;
    view->bytes = static_cast<const uint8_t*>(array.buffers[2]);
  }
  return !has_views(view->type) || attach_views(array, view);
}

Status view_flat(const Layout& layout, const ArrowArray& array, ColumnView* view) noexcept {
  fill_zero(view, sizeof(ColumnView));
  view->type = layout.type;
  view->index_type = layout.type;
  view->unit = layout.unit;
  view->time_zone = layout.time_zone;
  if (!has_sane_lengths(array)) return {Code::kCorrupt, 0};
  view->length = static_cast<uint64_t>(array.length);
  view->offset = static_cast<uint64_t>(array.offset);
  if (!attach_buffers(array, view)) return {Code::kCorrupt, 0};
  return kOkStatus;
}

bool is_number(ColumnType type) noexcept {
  return (type >= ColumnType::kBool && type <= ColumnType::kF64) || type == ColumnType::kF16;
}

bool is_string(ColumnType type) noexcept {
  return (type >= ColumnType::kUtf8 && type <= ColumnType::kUtf8View) ||
         (type >= ColumnType::kBinary && type <= ColumnType::kBinaryView);
}

bool is_time(ColumnType type) noexcept {
  return type >= ColumnType::kDate32 && type <= ColumnType::kTimestamp;
}

}  // namespace

Status view_column(const ArrowSchema& schema, const ArrowArray& array, ColumnView* view,
                   ColumnView* dictionary) noexcept {
  Layout layout;
  if (!read_format(schema.format, &layout)) return {Code::kUnsupportedType, 0};
  if (schema.dictionary == nullptr) return view_flat(layout, array, view);

  Layout value_layout;
  const bool readable = is_index_type(layout.type) && schema.dictionary->dictionary == nullptr &&
                        read_format(schema.dictionary->format, &value_layout);
  if (!readable) return {Code::kUnsupportedType, 0};
  Status status = view_flat(layout, array, view);
  view->index_type = layout.type;
  view->type = ColumnType::kDictionary;
  view->dictionary = dictionary;
  if (!status.ok()) return status;
  if (array.dictionary == nullptr) return {Code::kCorrupt, 0};
  return view_flat(value_layout, *array.dictionary, dictionary);
}

bool feeds(const ColumnView& view, InputKind kind) noexcept {
  const ColumnType type = view.type == ColumnType::kDictionary ? view.dictionary->type : view.type;
  if (type == ColumnType::kNull) return true;
  switch (kind) {
    case InputKind::kFloat: return is_number(type);
    case InputKind::kInteger: return is_number(type) || is_time(type);
    case InputKind::kBytes: return is_string(type);
    case InputKind::kTimestamp: return is_time(type);
  }
  return false;
}

}  // namespace mainspring
