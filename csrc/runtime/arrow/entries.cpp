// Rows behind dictionaries and runs: which entry of which buffers a row's value is.
#include "runtime/arrow/decoders.hpp"
#include "runtime/arrow/index_types.hpp"
#include "runtime/arrow/run_ends.hpp"

namespace mainspring {

namespace {

bool bit_is_set(const uint8_t* bitmap, uint64_t bit) noexcept {
  return bitmap == nullptr || ((bitmap[bit >> 3] >> (bit & 7)) & 1) != 0;
}

template <class Index>
uint64_t entry_of(const ColumnView& dictionary_column, uint64_t row) noexcept {
  return dictionary_column.dictionary->offset + index_at<Index>(dictionary_column, row);
}

// row_of(row): the row of a tile in the dictionary column's own buffers.
template <class RowOf>
void read_indices(const ColumnView& column, const Tile& out, uint64_t* entries,
                  RowOf row_of) noexcept {
  const uint8_t* validity = column.dictionary->validity;
  with_index_type(column.index_type, [&](auto index) {
    for_each_present(out, [&](uint32_t row) {
      const uint64_t entry = entry_of<decltype(index)>(column, row_of(row));
      entries[row] = entry;
      if (!bit_is_set(validity, entry)) clear_row(out, row);
    });
  });
}

template <class End>
void read_runs(const ColumnView& column, uint64_t first, const Tile& out,
               uint64_t* entries) noexcept {
  if (out.num_rows == 0) return;
  const ColumnView& values = *column.child;
  uint64_t run = find_run<End>(column, first);
  for (uint32_t row = 0; row < out.num_rows; ++row) {
    while (run_end<End>(column, run) <= first + row) ++run;
    entries[row] = values.offset + run;
    if (!bit_is_set(values.validity, entries[row])) clear_row(out, row);
  }
}

}  // namespace

#if defined(MAINSPRING_SMALL)
uint64_t word_at(ColumnType type, const void* values, uint64_t row) noexcept {
  switch (type) {
    case ColumnType::kI8: return static_cast<uint64_t>(int64_t{value_at<int8_t>(values, row)});
    case ColumnType::kI16: return static_cast<uint64_t>(int64_t{value_at<int16_t>(values, row)});
    case ColumnType::kI32:
    case ColumnType::kDate32: return static_cast<uint64_t>(int64_t{value_at<int32_t>(values, row)});
    case ColumnType::kU8: return value_at<uint8_t>(values, row);
    case ColumnType::kU16: return value_at<uint16_t>(values, row);
    case ColumnType::kU32: return value_at<uint32_t>(values, row);
    default: return value_at<uint64_t>(values, row);
  }
}
#endif

const ColumnView& leaf_of(const ColumnView& view) noexcept {
  const ColumnView* at = &view;
  if (at->type == ColumnType::kRunEnds) at = at->child;
  return at->type == ColumnType::kDictionary ? *at->dictionary : *at;
}

void read_entries(const ColumnView& column, uint64_t first, Tile out, uint64_t* entries) noexcept {
  if (column.type == ColumnType::kDictionary) {
    return read_indices(column, out, entries, [&](uint32_t row) { return first + row; });
  }
  with_run_ends(column, [&](auto end) { read_runs<decltype(end)>(column, first, out, entries); });
  if (column.child->type != ColumnType::kDictionary) return;
  read_indices(*column.child, out, entries, [&](uint32_t row) { return entries[row]; });
}

bool is_null(const ColumnView& view, uint64_t row) noexcept {
  const ColumnView* at = &view;
  row += view.offset;
  if (view.type == ColumnType::kRunEnds) {
    row = with_run_ends(view, [&](auto end) { return find_run<decltype(end)>(view, row); });
    at = view.child;
    row += at->offset;
  }
  if (at->type == ColumnType::kNull || !bit_is_set(at->validity, row)) return true;
  if (at->type != ColumnType::kDictionary) return false;
  uint64_t entry = 0;
  with_index_type(at->index_type, [&](auto index) { entry = entry_of<decltype(index)>(*at, row); });
  return at->dictionary->type == ColumnType::kNull || !bit_is_set(at->dictionary->validity, entry);
}

}  // namespace mainspring
