// Codes of a tile once for each column, then one table after the other.
#include "runtime/predictor/coded_columns.hpp"

#include "runtime/arrow/read_codes.hpp"

namespace mainspring {
namespace {

template <class T>
void gather(const void* table, const int32_t* codes, const Tile& out) {
  const T* from = static_cast<const T*>(table);
  T* to = values_of<T>(out);
  for (uint32_t row = 0; row < out.num_rows; ++row) to[row] = from[codes[row]];
}

void read_slot(const EntrySlot& table, const int32_t* codes, const Tile& out) {
  if (value_bytes(out.type) == sizeof(uint32_t)) {
    gather<uint32_t>(table.values, codes, out);
  } else {
    gather<uint64_t>(table.values, codes, out);
  }
  for (uint32_t word = 0; word < kValidityWords; ++word) {
    out.validity[word] = all_valid_word(out.num_rows, word);
  }
  if (table.valid == nullptr) return;
  for (uint32_t row = 0; row < out.num_rows; ++row) {
    if (table.valid[codes[row]] == 0) out.validity[row >> 6] &= ~(uint64_t{1} << (row & 63));
  }
}

}  // namespace

void read_coded_columns(const CodedColumns& coded, const StepContext& context,
                        bool ranked) noexcept {
  int32_t codes[kTileRows];
  for (uint32_t i = 0; i < coded.num_columns; ++i) {
    const CodedColumn& column = coded.columns[i];
    const bool skips = ranked && column.ranks_suffice;
    if (skips && column.num_slots == 0) continue;
    read_codes(context.columns[column.input], context.first_row, context.num_rows, column.missing,
               codes);
    if (!skips) {
      context.kernels->spread_entries(column.features, column.num_features, codes, context.num_rows,
                                      column.feature_numbers, context.features);
    }
    for (uint32_t j = 0; j < column.num_slots; ++j) {
      const EntrySlot& table = column.slots[j];
      read_slot(
          table, codes,
          slot_tile(context.scratch, table.slot, context.slots[table.slot], context.num_rows));
    }
  }
}

}  // namespace mainspring
