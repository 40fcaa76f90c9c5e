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

/// Element type of a tile. The values are stored in bundles and never change.
enum class ValueType : uint8_t { kF32 = 1, kF64 = 2, kI32 = 3, kI64 = 4, kBytes = 5, kJagged = 6 };

/// A string or binary value: a view, never a copy. `data` is never null, also when `length` is 0.
struct BytesView {
  const uint8_t* data;
  uint64_t length;
};

/// `num_rows` values and their validity.
///
/// Invariants, kept by every producer and relied on by every consumer:
///  * validity bit `row` is 1 where the value is present; bits from `num_rows` on are 0;
///  * the value of a missing row is canonical: quiet NaN (floats), 0 (integers), a view of length 0
///  (bytes), an empty
///    list (jagged), so that arithmetic needs no look at the validity;
///  * in float tiles NaN is always missing: a step that produces NaN clears the bit.
/// `values` points to kTileRows elements (64-byte aligned), `validity` to kValidityWords words.
/// A jagged tile has `offsets` (num_rows + 1 of them, from 0, ascending) and `elements`, the type
/// of what `values` holds; there `values` may point outside the scratch, straight into the input.
struct Tile {
  ValueType type;
  ValueType elements;
  uint32_t num_rows;
  void* values;
  uint64_t* validity;
  uint32_t* offsets;
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
    case ValueType::kJagged: return 0;  // the size is its element's
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
/// then offsets.
inline constexpr uint32_t kSlotValueBytes = kTileRows * sizeof(BytesView);
inline constexpr uint32_t kSlotValidityBytes = kValidityWords * sizeof(uint64_t);
inline constexpr uint32_t kSlotOffsetBytes = (kTileRows + 16) * sizeof(uint32_t);
inline constexpr uint32_t kSlotBytes = kSlotValueBytes + kSlotValidityBytes + kSlotOffsetBytes;
static_assert(kSlotBytes % 64 == 0);

inline Tile slot_tile(uint8_t* scratch, uint32_t slot, ValueType type, uint32_t num_rows) {
  uint8_t* base = scratch + static_cast<uint64_t>(slot) * kSlotBytes;
  return Tile{type,
              type,
              num_rows,
              base,
              reinterpret_cast<uint64_t*>(base + kSlotValueBytes),
              reinterpret_cast<uint32_t*>(base + kSlotValueBytes + kSlotValidityBytes)};
}

}  // namespace mainspring
