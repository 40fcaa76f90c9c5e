// Keys to the ids of a vocabulary, through the table in DATA (core/key_table.hpp): what the steps
// over single values and over lists have in common.
#pragma once
#include "runtime/core/kernels.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

/// Whether the payload is a table of such keys that find_ids() may walk.
bool table_is_sound(const uint8_t* data, uint64_t length, ValueType key_type) noexcept;

/// ids[row]: kUnseenId, or kFirstEntryId + the entry of the row's key (kBytes, kI64 or kF64).
/// Missing rows get the id of their canonical value.
void find_ids(const Tile& keys, const Kernels& kernels, const uint8_t* table,
              int32_t* ids) noexcept;

}  // namespace mainspring
