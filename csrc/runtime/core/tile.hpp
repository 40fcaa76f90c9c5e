// A tile: up to 512 rows of one column, typed, with one validity bit per row. Every step reads and
// writes tiles.
//
// 512 rows keep a chain of type-erased steps inside the L1 cache: one call per tile and step then
// costs 2-4 % over a hand-fused loop (256-1024 rows measure the same; 32 rows cost 1.9x, 16384
// rows 1.6x).
#pragma once
#include <cstdint>

namespace mainspring {

inline constexpr uint32_t kTileRows = 512;
inline constexpr uint32_t kValidityWords = kTileRows / 64;

struct ColumnView;  // runtime/arrow/column_view.hpp

/// What a row of a tile is. The values are stored in bundles and never change.
enum class ValueType : uint8_t {
  kF32 = 1,
  kF64 = 2,
  kI32 = 3,
  kI64 = 4,
  kBytes = 5,
  kF64List = 6,  // lists: see ListView
  kI64List = 7,
  kBytesList = 8,
};

constexpr bool is_list(ValueType type) { return type >= ValueType::kF64List; }

/// What the elements of a list decode to.
constexpr ValueType element_type(ValueType list) {
  switch (list) {
    case ValueType::kF64List: return ValueType::kF64;
    case ValueType::kI64List: return ValueType::kI64;
    case ValueType::kBytesList: return ValueType::kBytes;
    default: return list;
  }
}

/// A string or binary value: a view, never a copy. `data` is never null, also when `length` is 0.
struct BytesView {
  const uint8_t* data;
  uint64_t length;
};

/// A list: elements [first, first + count) of the column that the tile points to. A tile of lists
/// holds where its elements lie, never the elements: there may be any number of them, and scratch
/// is of a fixed size. runtime/arrow/list_elements.hpp decodes them, 512 at a time.
struct ListView {
  uint64_t first;
  uint64_t count;
};

/// `num_rows` values and their validity.
///
/// Invariants, kept by every producer and relied on by every consumer:
///  * validity bit `row` is 1 where the value is present; bits from `num_rows` on are 0;
///  * the value of a missing row is canonical: quiet NaN (floats), 0 (integers), a view of length 0
///    (bytes), {0, 0} (lists), so that arithmetic needs no look at the validity;
///  * in float tiles NaN is missing, but for one that a load keeps as a value (kept_nan.hpp).
/// `values` points to kTileRows elements (64-byte aligned), `validity` to kValidityWords words.
/// `elements` points to room for the column that the lists of a tile of lists lie in; other tiles
/// do not look at it.
struct Tile {
  ValueType type;
  uint32_t num_rows;
  void* values;
  uint64_t* validity;
  const ColumnView** elements;
};

template <class T>
struct ValueTypeOf;
template <>
struct ValueTypeOf<float> {
  static constexpr ValueType kType = ValueType::kF32;
};
template <>
struct ValueTypeOf<double> {
  static constexpr ValueType kType = ValueType::kF64;
};
template <>
struct ValueTypeOf<int32_t> {
  static constexpr ValueType kType = ValueType::kI32;
};
template <>
struct ValueTypeOf<int64_t> {
  static constexpr ValueType kType = ValueType::kI64;
};
template <>
struct ValueTypeOf<BytesView> {
  static constexpr ValueType kType = ValueType::kBytes;
};
static_assert(sizeof(ListView) <= sizeof(BytesView));

/// The values of a tile whose type the caller has checked (verify() did, once, at open).
template <class T>
inline T* values_of(const Tile& tile) {
  return static_cast<T*>(tile.values);
}

constexpr uint32_t value_bytes(ValueType type) {
  switch (type) {
    case ValueType::kF32:
    case ValueType::kI32: return 4;
    case ValueType::kF64:
    case ValueType::kI64: return 8;
    case ValueType::kBytes: return sizeof(BytesView);
    case ValueType::kF64List:
    case ValueType::kI64List:
    case ValueType::kBytesList: return sizeof(ListView);
  }
  return 0;
}

inline bool is_valid(const uint64_t* validity, uint32_t row) {
  return (validity[row >> 6] >> (row & 63)) & 1;
}

/// The word that holds rows [64 * word, 64 * word + 64) when all of `num_rows` rows are valid.
constexpr uint64_t all_valid_word(uint32_t num_rows, uint32_t word) {
  const uint32_t first = word * 64;
  if (num_rows >= first + 64) return ~uint64_t{0};
  return num_rows <= first ? 0 : (uint64_t{1} << (num_rows - first)) - 1;
}

/// A slot is the scratch memory of one tile in a plan: values for the widest type, then validity,
/// then, of lists, where their elements are.
inline constexpr uint32_t kSlotValueBytes = kTileRows * sizeof(BytesView);
inline constexpr uint32_t kSlotValidityBytes = kValidityWords * sizeof(uint64_t);
inline constexpr uint32_t kSlotElementsBytes = 64;
inline constexpr uint32_t kSlotBytes = kSlotValueBytes + kSlotValidityBytes + kSlotElementsBytes;
static_assert(kSlotBytes % 64 == 0);

inline Tile slot_tile(uint8_t* scratch, uint32_t slot, ValueType type, uint32_t num_rows) {
  uint8_t* base = scratch + static_cast<uint64_t>(slot) * kSlotBytes;
  uint8_t* elements = base + kSlotValueBytes + kSlotValidityBytes;
  return Tile{type, num_rows, base, reinterpret_cast<uint64_t*>(base + kSlotValueBytes),
              reinterpret_cast<const ColumnView**>(elements)};
}

}  // namespace mainspring
