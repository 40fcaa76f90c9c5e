// Strings of every layout to tiles of views: pointers into the column's own buffers, no copies.
#include "runtime/arrow/decoders.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kInlineBytes = 12;  // of a string view, by Arrow's layout
constexpr uint64_t kViewBytes = 16;

template <class Offset>
struct OffsetStrings {
  const uint8_t* offsets;
  const uint8_t* bytes;

  explicit OffsetStrings(const ColumnView& column)
      : offsets(static_cast<const uint8_t*>(column.values)),
        bytes(column.bytes != nullptr ? column.bytes : kNoBytes) {}

  BytesView at(uint64_t row) const noexcept {
    const uint64_t start = static_cast<uint64_t>(value_at<Offset>(offsets, row));
    const uint64_t end = static_cast<uint64_t>(value_at<Offset>(offsets, row + 1));
    return {bytes + start, end - start};
  }
};

struct ViewStrings {
  const uint8_t* views;
  const uint8_t* const* buffers;

  explicit ViewStrings(const ColumnView& column)
      : views(static_cast<const uint8_t*>(column.values)), buffers(column.view_buffers) {}

  BytesView at(uint64_t row) const noexcept {
    const uint8_t* view = views + row * kViewBytes;
    const uint32_t length = load<uint32_t>(view);
    if (length <= kInlineBytes) return {view + 4, length};
    const uint8_t* buffer = load<const uint8_t*>(buffers + load<uint32_t>(view + 8));
    return {buffer + load<uint32_t>(view + 12), length};
  }
};

template <class Strings>
void read_strings(const ColumnView& column, uint64_t first, Tile out) noexcept {
  const Strings strings(column);
  BytesView* values = values_of<BytesView>(out);
  for_each_present(out, [&](uint32_t row) { values[row] = strings.at(first + row); });
}

template <class Strings>
void read_dictionary(const ColumnView& column, uint64_t first, Tile out) noexcept {
  uint64_t entries[kTileRows];
  read_entries(column, first, out, entries);
  const Strings strings(*column.dictionary);
  BytesView* values = values_of<BytesView>(out);
  for_each_present(out, [&](uint32_t row) { values[row] = strings.at(entries[row]); });
}

}  // namespace

void decode_bytes(const ColumnView& column, uint64_t first, Tile out) noexcept {
  if (column.type == ColumnType::kDictionary) {
    switch (column.dictionary->type) {
      case ColumnType::kUtf8: read_dictionary<OffsetStrings<int32_t>>(column, first, out); break;
      case ColumnType::kLargeUtf8:
        read_dictionary<OffsetStrings<int64_t>>(column, first, out);
        break;
      default: read_dictionary<ViewStrings>(column, first, out); break;
    }
  } else {
    switch (column.type) {
      case ColumnType::kUtf8: read_strings<OffsetStrings<int32_t>>(column, first, out); break;
      case ColumnType::kLargeUtf8: read_strings<OffsetStrings<int64_t>>(column, first, out); break;
      default: read_strings<ViewStrings>(column, first, out); break;
    }
  }
  fill_missing(out, kEmptyBytes);
}

}  // namespace mainspring
