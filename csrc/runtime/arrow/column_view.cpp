// Reads one column of the Arrow C data interface into typed pointers, looking at the schema's
// format string and at the shape of the buffers, never at the values.
#include "runtime/arrow/column_view.hpp"

#include "runtime/arrow/decoders.hpp"
#include "runtime/arrow/type_format.hpp"
#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

constexpr Status kUnsupported{Code::kUnsupportedType, 0};
constexpr Status kCorruptShape{Code::kCorrupt, 0};

bool is_index_type(ColumnType type) noexcept {
  return type >= ColumnType::kI8 && type <= ColumnType::kU64;
}

// Lengths whose byte counts, 32 bytes a row at most, cannot overflow.
bool has_sane_lengths(const ArrowArray& array) noexcept {
  constexpr int64_t kMaxRows = INT64_MAX / 64;
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

bool has_string_offsets(ColumnType type) noexcept {
  return type == ColumnType::kUtf8 || type == ColumnType::kLargeUtf8 ||
         type == ColumnType::kBinary || type == ColumnType::kLargeBinary;
}

bool has_string_views(ColumnType type) noexcept {
  return type == ColumnType::kUtf8View || type == ColumnType::kBinaryView;
}

bool has_list_views(ColumnType type) noexcept {
  return type == ColumnType::kListView || type == ColumnType::kLargeListView;
}

bool attach_buffers(const ArrowArray& array, ColumnView* view) noexcept {
  if (view->type == ColumnType::kNull || view->type == ColumnType::kRunEnds) return true;
  if (!attach_validity(array, view)) return false;
  if (view->type == ColumnType::kFixedList) return true;
  if (array.n_buffers < 2) return false;
  view->values = array.buffers[1];
  // Buffers of no bytes may be null; offsets of strings may be too, where there are no rows.
  const bool no_bytes =
      array.length == 0 || (view->type == ColumnType::kFixedBinary && view->width == 0);
  if (!no_bytes && view->values == nullptr) return false;
  if (has_string_offsets(view->type)) {
    if (array.n_buffers < 3) return false;
    view->bytes = static_cast<const uint8_t*>(array.buffers[2]);
  }
  if (has_list_views(view->type)) {
    if (array.n_buffers < 3) return false;
    view->sizes = array.buffers[2];
    if (array.length > 0 && view->sizes == nullptr) return false;
  }
  return !has_string_views(view->type) || attach_views(array, view);
}

Status view_buffers(const TypeFormat& format, const ArrowArray& array, ColumnView* view) noexcept {
  fill_zero(view, sizeof(ColumnView));
  view->type = format.type;
  view->index_type = format.type;
  view->unit = format.unit;
  view->time_zone = format.time_zone;
  view->scale = format.scale;
  view->width = format.width;
  if (!has_sane_lengths(array)) return kCorruptShape;
  view->length = static_cast<uint64_t>(array.length);
  view->offset = static_cast<uint64_t>(array.offset);
  // Of fixed-size binary the byte counts are at most this many times as many.
  const uint64_t widest = view->width > 32 ? view->width : 32;
  if (view->offset + view->length > INT64_MAX / widest) return kCorruptShape;
  return attach_buffers(array, view) ? kOkStatus : kCorruptShape;
}

bool is_nested(ColumnType type) noexcept { return type >= ColumnType::kList; }

// Plain values, or a dictionary of them in *entries.
Status view_values(const ArrowSchema& schema, const ArrowArray& array, ColumnView* view,
                   ColumnView* entries) noexcept {
  TypeFormat format;
  if (!read_type_format(schema.format, &format) || is_nested(format.type)) return kUnsupported;
  if (schema.dictionary == nullptr) return view_buffers(format, array, view);

  TypeFormat entry_format;
  const bool readable = is_index_type(format.type) && schema.dictionary->dictionary == nullptr &&
                        read_type_format(schema.dictionary->format, &entry_format) &&
                        !is_nested(entry_format.type);
  if (!readable) return kUnsupported;
  const Status status = view_buffers(format, array, view);
  view->index_type = format.type;
  view->type = ColumnType::kDictionary;
  view->dictionary = entries;
  if (!status.ok()) {
    // Types are known even where buffers are not sound.
    fill_zero(entries, sizeof(ColumnView));
    entries->type = entry_format.type;
    return status;
  }
  if (array.dictionary == nullptr) return kCorruptShape;
  return view_buffers(entry_format, *array.dictionary, entries);
}

bool has_children(const ArrowSchema& schema, int64_t count) noexcept {
  if (schema.n_children != count || schema.children == nullptr) return false;
  for (int64_t i = 0; i < count; ++i) {
    if (schema.children[i] == nullptr) return false;
  }
  return true;
}

bool has_children(const ArrowArray& array, int64_t count) noexcept {
  if (array.n_children != count || array.children == nullptr) return false;
  for (int64_t i = 0; i < count; ++i) {
    if (array.children[i] == nullptr) return false;
  }
  return true;
}

// The ends of runs lie in a column of their own, whose offset goes into `values`.
Status attach_run_ends(const ArrowSchema& schema, const ArrowArray& array,
                       ColumnView* view) noexcept {
  TypeFormat format;
  if (!read_type_format(schema.format, &format)) return kUnsupported;
  uint64_t width = 0;
  switch (format.type) {
    case ColumnType::kI16: width = 2; break;
    case ColumnType::kI32: width = 4; break;
    case ColumnType::kI64: width = 8; break;
    default: return kUnsupported;
  }
  ColumnView ends;
  const Status status = view_buffers(format, array, &ends);
  if (!status.ok()) return status;
  view->index_type = format.type;
  if (ends.values != nullptr) {
    view->values = static_cast<const uint8_t*>(ends.values) + ends.offset * width;
  }
  return ends.length == view->child->length ? kOkStatus : kCorruptShape;
}

}  // namespace

Status view_column(const ArrowSchema& schema, const ArrowArray& array, ColumnView* view,
                   ColumnView* nested) noexcept {
  TypeFormat format;
  if (!read_type_format(schema.format, &format)) return kUnsupported;
  if (!is_nested(format.type)) return view_values(schema, array, view, nested);
  const bool runs = format.type == ColumnType::kRunEnds;
  const int64_t num_children = runs ? 2 : 1;
  if (schema.dictionary != nullptr || !has_children(schema, num_children)) return kUnsupported;
  Status status = view_buffers(format, array, view);
  view->child = &nested[0];
  fill_zero(&nested[0], sizeof(ColumnView));
  if (!status.ok()) return status;
  if (!has_children(array, num_children)) return kCorruptShape;
  const int64_t last = num_children - 1;
  status = view_values(*schema.children[last], *array.children[last], &nested[0], &nested[1]);
  if (!status.ok() || !runs) return status;
  return attach_run_ends(*schema.children[0], *array.children[0], view);
}

}  // namespace mainspring
