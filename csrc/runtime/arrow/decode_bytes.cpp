// Strings of every layout to tiles of views: pointers into the column's own buffers, no copies.
#include "runtime/arrow/decoders.hpp"

namespace mainspring {

namespace {

constexpr int64_t kInlineBytes = 12;  // of a string view, by Arrow's layout
constexpr uint64_t kViewBytes = 16;

template <class Offset>
struct OffsetStrings {
  /// Offsets of missing rows are verified as all others.
  static constexpr bool kMissingAreSound = true;
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

constexpr const uint8_t* kNoBuffers[1] = {kNoBytes};

struct ViewStrings {
  static constexpr bool kMissingAreSound = false;
  const uint8_t* views;
  const uint8_t* const* buffers;

  explicit ViewStrings(const ColumnView& column)
      : views(static_cast<const uint8_t*>(column.values)),
        buffers(column.num_view_buffers > 0 ? column.view_buffers : kNoBuffers) {}

  // Both cases are computed and a mask chooses: short and long strings are mixed in real columns,
  // and a branch that is guessed wrong costs more (4.4 against 1.2 ns a value when half are long).
  BytesView at(uint64_t row) const noexcept {
    const uint8_t* view = views + row * kViewBytes;
    const uint32_t length = load<uint32_t>(view);
    const uint64_t is_long = static_cast<uint64_t>((kInlineBytes - int64_t{length}) >> 63);  // mask
    const uint64_t buffer = load<uint32_t>(view + 8) & is_long;
    const uint64_t offset = load<uint32_t>(view + 12) & is_long;
    const uintptr_t outside = load<uintptr_t>(buffers + buffer) + static_cast<uintptr_t>(offset);
    const uintptr_t within = reinterpret_cast<uintptr_t>(view + 4);
    const uintptr_t mask = static_cast<uintptr_t>(is_long);
    return {reinterpret_cast<const uint8_t*>((outside & mask) | (within & ~mask)), length};
  }
};

struct FixedBytes {
  static constexpr bool kMissingAreSound = false;
  const uint8_t* values;
  uint64_t width;

  explicit FixedBytes(const ColumnView& column)
      : values(column.width > 0 ? static_cast<const uint8_t*>(column.values) : kNoBytes),
        width(column.width) {}

  BytesView at(uint64_t row) const noexcept { return {values + row * width, width}; }
};

#if defined(MAINSPRING_SMALL)
/// Of any layout, which is looked at for each value: one function for a device instead of four.
struct AnyStrings {
  static constexpr bool kMissingAreSound = false;
  const ColumnView& column;

  explicit AnyStrings(const ColumnView& leaf) : column(leaf) {}

  [[gnu::noinline]] BytesView at(uint64_t row) const noexcept {
    switch (column.type) {
      case ColumnType::kUtf8:
      case ColumnType::kBinary: return OffsetStrings<int32_t>(column).at(row);
      case ColumnType::kLargeUtf8:
      case ColumnType::kLargeBinary: return OffsetStrings<int64_t>(column).at(row);
      case ColumnType::kFixedBinary: return FixedBytes(column).at(row);
      default: return ViewStrings(column).at(row);
    }
  }
};
#endif

template <class Strings>
void read_strings(const ColumnView& column, uint64_t first, Tile out) noexcept {
  BytesView* values = values_of<BytesView>(out);
  if (is_indirect(column)) {
    uint64_t entries[kTileRows];
    read_entries(column, first, out, entries);
    const Strings strings(leaf_of(column));
    for_each_present(out, [&](uint32_t row) { values[row] = strings.at(entries[row]); });
  } else if constexpr (Strings::kMissingAreSound) {
    // To look for the rows that are there costs twice what reading them all does.
    const Strings strings(column);
    for (uint32_t row = 0; row < out.num_rows; ++row) values[row] = strings.at(first + row);
  } else {
    const Strings strings(column);
    for_each_present(out, [&](uint32_t row) { values[row] = strings.at(first + row); });
  }
}

}  // namespace

void decode_bytes(const ColumnView& column, uint64_t first, Tile out) noexcept {
#if defined(MAINSPRING_SMALL)
  read_strings<AnyStrings>(column, first, out);
#else
  switch (leaf_of(column).type) {
    case ColumnType::kUtf8:
    case ColumnType::kBinary: read_strings<OffsetStrings<int32_t> >(column, first, out); break;
    case ColumnType::kLargeUtf8:
    case ColumnType::kLargeBinary: read_strings<OffsetStrings<int64_t> >(column, first, out); break;
    case ColumnType::kFixedBinary: read_strings<FixedBytes>(column, first, out); break;
    default: read_strings<ViewStrings>(column, first, out); break;
  }
#endif
  fill_missing(out, kEmptyBytes);
}

}  // namespace mainspring
