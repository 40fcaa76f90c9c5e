// A hash table of names that clients cannot add to: probes stay short whatever they send.
#include "runtime/json/field_table.hpp"

#include "runtime/core/hash.hpp"
#include "runtime/core/memory.hpp"

namespace mainspring {
namespace {

const uint8_t* name_of(const Field& field) { return reinterpret_cast<const uint8_t*>(field.name); }

}  // namespace

void build_field_table(Field* fields, uint32_t num_fields, uint32_t* slots) noexcept {
  const uint32_t mask = num_slots_of(num_fields) - 1;
  const FieldTable table{fields, num_fields, slots, mask + 1};
  for (uint32_t number = num_fields; number-- > 0;) {
    Field& field = fields[number];
    const uint32_t same = find_field(table, name_of(field), field.name_length);
    field.next_same = same;
    auto slot = static_cast<uint32_t>(hash_bytes(name_of(field), field.name_length)) & mask;
    while (slots[slot] != 0 && slots[slot] != same + 1) slot = (slot + 1) & mask;
    slots[slot] = number + 1;
  }
}

uint32_t find_field(const FieldTable& table, const uint8_t* name, uint64_t length) noexcept {
  const uint32_t mask = table.num_slots - 1;
  auto slot = static_cast<uint32_t>(hash_bytes(name, length)) & mask;
  for (; table.slots[slot] != 0; slot = (slot + 1) & mask) {
    const uint32_t number = table.slots[slot] - 1;
    const Field& field = table.fields[number];
    if (field.name_length == length && same_bytes(field.name, name, length)) return number;
  }
  return kNoField;
}

bool is_written_at(const Field& field, const uint8_t* at, const uint8_t* end) noexcept {
  const uint64_t length = field.name_length;
  return field.is_plain && static_cast<uint64_t>(end - at) > length + 1 && at[length + 1] == '"' &&
         same_bytes(at + 1, field.name, length);
}

}  // namespace mainspring
