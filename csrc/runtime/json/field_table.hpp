// Which field a member's name means: the one that stood there in the row before, else by hash.
#pragma once
#include "runtime/json/field.hpp"

namespace mainspring {

/// Fields and the slots of an open hash table over their names, both by the caller.
struct FieldTable {
  const Field* fields;
  uint32_t num_fields;
  const uint32_t* slots;  // a field's number + 1, or 0; a power of two of them
  uint32_t num_slots;
};

/// Slots that a table of so many fields has: half of them stay free.
constexpr uint32_t num_slots_of(uint32_t num_fields) {
  uint32_t count = 4;
  while (count < 2 * num_fields) count *= 2;
  return count;
}

/// Fills `slots` (num_slots_of(num_fields) zeros) and each field's next_same: of fields with one
/// name only the first is in the table.
void build_field_table(Field* fields, uint32_t num_fields, uint32_t* slots) noexcept;

/// The first field of that name (escapes are resolved), or kNoField.
uint32_t find_field(const FieldTable& table, const uint8_t* name, uint64_t length) noexcept;

/// Whether the member at `at` (a quote) is written exactly `"name"`.
bool is_written_at(const Field& field, const uint8_t* at, const uint8_t* end) noexcept;

}  // namespace mainspring
