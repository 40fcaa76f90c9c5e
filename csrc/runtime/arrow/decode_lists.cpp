// Lists of every layout to tiles of list views. No element is looked at.
#include "runtime/arrow/decoders.hpp"

namespace mainspring {

namespace {

template <class Offset>
ListView between_offsets(const ColumnView& column, uint64_t row) noexcept {
  const auto first = static_cast<uint64_t>(value_at<Offset>(column.values, row));
  const auto end = static_cast<uint64_t>(value_at<Offset>(column.values, row + 1));
  return {first, end - first};
}

template <class Offset>
ListView offset_and_size(const ColumnView& column, uint64_t row) noexcept {
  return {static_cast<uint64_t>(value_at<Offset>(column.values, row)),
          static_cast<uint64_t>(value_at<Offset>(column.sizes, row))};
}

#if defined(MAINSPRING_SMALL)
/// Of any layout, which is looked at for each row.
ListView list_at(const ColumnView& column, uint64_t row) noexcept {
  switch (column.type) {
    case ColumnType::kList: return between_offsets<int32_t>(column, row);
    case ColumnType::kLargeList: return between_offsets<int64_t>(column, row);
    case ColumnType::kListView: return offset_and_size<int32_t>(column, row);
    case ColumnType::kLargeListView: return offset_and_size<int64_t>(column, row);
    default: return {row * column.width, column.width};
  }
}
#endif

}  // namespace

void decode_lists(const ColumnView& column, uint64_t first, Tile out) noexcept {
  ListView* lists = values_of<ListView>(out);
#if defined(MAINSPRING_SMALL)
  for_each_present(out, [&](uint32_t row) { lists[row] = list_at(column, first + row); });
#else
  const auto read = [&](auto list_at) {
    for_each_present(out, [&](uint32_t row) { lists[row] = list_at(column, first + row); });
  };
  switch (column.type) {
    case ColumnType::kList: read(between_offsets<int32_t>); break;
    case ColumnType::kLargeList: read(between_offsets<int64_t>); break;
    case ColumnType::kListView: read(offset_and_size<int32_t>); break;
    case ColumnType::kLargeListView: read(offset_and_size<int64_t>); break;
    default:
      read([](const ColumnView& fixed, uint64_t row) {
        return ListView{row * fixed.width, fixed.width};
      });
      break;
  }
#endif
  *out.elements = column.child;
  fill_missing(out, ListView{0, 0});
}

}  // namespace mainspring
