// Columns that are dictionaries, whose entries went through steps before the rows did: what is left
// for a row is to look up what became of its entry.
//
// Tables are the host's, which may allocate; a caller without any runs every step over every row.
#pragma once
#include <cstdint>

#include "runtime/arrow/column_view.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring {

/// The values of a slot, for every entry of a dictionary and then for missing rows.
struct EntrySlot {
  uint16_t slot;
  const void* values;    // of the slot's type, which is a number
  const uint8_t* valid;  // 1 or 0 each, or null: all valid
};

/// For a forest's program: what a column of ranks, or a feature of categories, has for every entry
/// and then for missing rows. One of the two is null.
struct EntryRanks {
  uint32_t number;         // in the program
  const uint16_t* ranks;   // the lower one in the lower byte
  const uint32_t* places;  // where the words of its class begin
};

/// One column and all that was found for its entries.
struct CodedColumn {
  uint32_t input;         // of the plan
  int32_t missing;        // number of entries; the place of missing rows in every table
  const float* features;  // [missing + 1][num_features]
  const uint32_t* feature_numbers;
  uint32_t num_features;
  const EntrySlot* slots;
  uint32_t num_slots;
  const EntryRanks* entry_ranks = nullptr;
  uint32_t num_entry_ranks = 0;
  bool ranks_suffice = false;  // to whom is given ranks: nobody reads the features
};

struct CodedColumns {
  const CodedColumn* columns = nullptr;
  uint32_t num_columns = 0;
};

/// Fills the features and slots of a tile. The columns are verified dictionaries, the features
/// float32. `ranked`: without features whose ranks suffice.
void read_coded_columns(const CodedColumns& coded, const StepContext& context,
                        bool ranked = false) noexcept;

}  // namespace mainspring
