// The layout of slots, the validity words, and the invariants that tile_rules.hpp states.
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string_view>

#include "check.hpp"
#include "tile_rules.hpp"

using namespace mainspring;

namespace {

constexpr ValueType kTypes[] = {ValueType::kF32,     ValueType::kF64,      ValueType::kI32,
                                ValueType::kI64,     ValueType::kBytes,    ValueType::kF64List,
                                ValueType::kI64List, ValueType::kBytesList};

/// Memory for two slots, aligned as scratch is.
struct TwoSlots {
  alignas(64) uint8_t bytes[2 * kSlotBytes];
};

void test_slots_do_not_overlap() {
  const auto memory = std::make_unique<TwoSlots>();
  for (const ValueType type : kTypes) {
    for (uint32_t slot = 0; slot < 2; ++slot) {
      const Tile tile = slot_tile(memory->bytes, slot, type, kTileRows);
      const auto* first = static_cast<uint8_t*>(tile.values);
      const auto* validity = reinterpret_cast<uint8_t*>(tile.validity);
      const auto* elements = reinterpret_cast<uint8_t*>(tile.elements);
      check(first == memory->bytes + slot * kSlotBytes, "a slot begins with its values");
      check(reinterpret_cast<uintptr_t>(first) % 64 == 0, "values are aligned to 64 bytes");
      check(reinterpret_cast<uintptr_t>(validity) % 64 == 0, "validity is aligned to 64 bytes");
      check(reinterpret_cast<uintptr_t>(elements) % 64 == 0, "elements are aligned to 64 bytes");
      check(validity >= first + uint64_t{value_bytes(type)} * kTileRows, "values have room");
      check(elements >= validity + kValidityWords * sizeof(uint64_t), "validity has room");
      check(first + kSlotBytes >= elements + sizeof(ColumnView*), "the elements have room");
      check(tile.type == type && tile.num_rows == kTileRows, "fields");
    }
  }
}

void test_value_types_have_their_sizes() {
  check(value_bytes(ValueTypeOf<float>::kType) == sizeof(float), "f32");
  check(value_bytes(ValueTypeOf<double>::kType) == sizeof(double), "f64");
  check(value_bytes(ValueTypeOf<int32_t>::kType) == sizeof(int32_t), "i32");
  check(value_bytes(ValueTypeOf<int64_t>::kType) == sizeof(int64_t), "i64");
  check(value_bytes(ValueTypeOf<BytesView>::kType) == sizeof(BytesView), "bytes");
  check(value_bytes(ValueType::kF64List) == sizeof(ListView), "lists");
  check(element_type(ValueType::kF64List) == ValueType::kF64, "lists of floats");
  check(element_type(ValueType::kI64List) == ValueType::kI64, "lists of integers");
  check(element_type(ValueType::kBytesList) == ValueType::kBytes, "lists of bytes");
}

void test_all_valid_word_has_a_bit_for_each_row() {
  for (uint32_t num_rows = 0; num_rows <= kTileRows; ++num_rows) {
    uint64_t validity[kValidityWords];
    for (uint32_t word = 0; word < kValidityWords; ++word) {
      validity[word] = all_valid_word(num_rows, word);
    }
    for (uint32_t row = 0; row < kTileRows; ++row) {
      check(is_valid(validity, row) == (row < num_rows), "bit of a row");
    }
  }
}

/// A tile of `num_rows` rows in which every third one is missing, canonical.
Tile make_tile(TwoSlots* memory, ValueType type, uint32_t num_rows) {
  static const uint8_t kText[] = "tile";
  const Tile tile = slot_tile(memory->bytes, 0, type, num_rows);
  for (uint32_t word = 0; word < kValidityWords; ++word) tile.validity[word] = 0;
  // Any column will do: nobody looks behind the pointer here.
  *tile.elements = reinterpret_cast<const ColumnView*>(memory);
  for (uint32_t row = 0; row < num_rows; ++row) {
    const bool present = row % 3 != 0;
    tile.validity[row / 64] |= uint64_t{present} << (row % 64);
    switch (type) {
      case ValueType::kF32:
        new (values_of<float>(tile) + row) float(present ? 1.5f
                                                         : std::numeric_limits<float>::quiet_NaN());
        break;
      case ValueType::kF64:
        new (values_of<double>(tile) +
             row) double(present ? -2.5 : std::numeric_limits<double>::quiet_NaN());
        break;
      case ValueType::kI32: new (values_of<int32_t>(tile) + row) int32_t(present ? 7 : 0); break;
      case ValueType::kI64: new (values_of<int64_t>(tile) + row) int64_t(present ? -7 : 0); break;
      case ValueType::kBytes:
        new (values_of<BytesView>(tile) + row) BytesView{kText, present ? uint64_t{4} : 0};
        break;
      case ValueType::kF64List:
      case ValueType::kI64List:
      case ValueType::kBytesList:
        new (values_of<ListView>(tile) + row)
            ListView{present ? row : uint64_t{0}, present ? uint64_t{2} : 0};
        break;
    }
  }
  return tile;
}

void test_rules_accept_canonical_tiles_and_name_what_is_broken() {
  const auto memory = std::make_unique<TwoSlots>();
  for (const ValueType type : kTypes) {
    for (const uint32_t num_rows : {0u, 1u, 63u, 64u, 65u, 512u}) {
      const Tile tile = make_tile(memory.get(), type, num_rows);
      check(broken_tile_rule(tile) == nullptr, "a canonical tile breaks no rule");
      if (num_rows == 0) continue;
      // Row 0 is missing: calling it present, or giving it a value, is an error for each type that
      // can tell.
      if (type == ValueType::kF32 || type == ValueType::kF64) {
        tile.validity[0] |= 1;
        check(broken_tile_rule(tile) != nullptr, "NaN cannot be present");
        check(type != ValueType::kF64 || broken_tile_rule(tile, true) == nullptr,
              "but where it is kept");
        tile.validity[0] &= ~uint64_t{1};
      }
      if (num_rows > 1) {
        tile.validity[0] &= ~uint64_t{2};
        check(broken_tile_rule(tile) != nullptr, "a missing row must have the canonical value");
        tile.validity[0] |= 2;
      }
      if (num_rows < kTileRows) {
        tile.validity[num_rows / 64] |= uint64_t{1} << (num_rows % 64);
        check(broken_tile_rule(tile) != nullptr, "no bits past the rows");
        tile.validity[num_rows / 64] &= ~(uint64_t{1} << (num_rows % 64));
      }
      if (is_list(type)) {
        *tile.elements = nullptr;
        check(broken_tile_rule(tile) != nullptr, "lists lie in a column");
      }
    }
  }
}

}  // namespace

int main() {
  test_slots_do_not_overlap();
  test_value_types_have_their_sizes();
  test_all_valid_word_has_a_bit_for_each_row();
  test_rules_accept_canonical_tiles_and_name_what_is_broken();
  return finish();
}
