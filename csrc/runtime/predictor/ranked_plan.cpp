// Steps one after the other; behind a step the ranks of what it has left in its slot.
#include "runtime/predictor/ranked_plan.hpp"

#include "runtime/arrow/read_codes.hpp"
#include "runtime/steps/text_room.hpp"

#if !defined(MAINSPRING_SMALL)  // where nobody brings ranks

namespace mainspring {
namespace {

/// Ranks among the table's numbers to those of the column; they differ where there is no number.
void rank_slot(const RankedNumbers& numbers, const StepContext& context, uint8_t* ranks) {
  const uint32_t num_rows = context.num_rows;
  const Tile tile = slot_tile(context.scratch, numbers.slot, context.slots[numbers.slot], num_rows);
  uint8_t* below = ranks + uint64_t{2} * numbers.number * kTileRows;
  uint8_t* above = below + kTileRows;
  rank_numbers(context.kernels->level, numbers.table, values_of<double>(tile), num_rows, below,
               above);
  const uint8_t shift = numbers.shift;
  for (uint32_t row = 0; row < num_rows; ++row) {
    const uint8_t found = below[row];
    const bool missing = found != above[row];
    const bool first = found == 0;
    const auto rank = static_cast<uint8_t>(found + shift);
    below[row] = missing ? numbers.missing[0] : first ? numbers.first[0] : rank;
    above[row] = missing ? numbers.missing[1] : first ? numbers.first[1] : rank;
  }
}

void look_up(const CodedColumn& column, const int32_t* codes, uint32_t num_rows, uint8_t* ranks,
             uint32_t* places) {
  for (uint32_t i = 0; i < column.num_entry_ranks; ++i) {
    const EntryRanks& entries = column.entry_ranks[i];
    if (entries.places != nullptr) {
      uint32_t* to = places + uint64_t{entries.number} * kTileRows;
      for (uint32_t row = 0; row < num_rows; ++row) to[row] = entries.places[codes[row]];
      continue;
    }
    uint8_t* below = ranks + uint64_t{2} * entries.number * kTileRows;
    uint8_t* above = below + kTileRows;
    for (uint32_t row = 0; row < num_rows; ++row) {
      const uint16_t both = entries.ranks[codes[row]];
      below[row] = static_cast<uint8_t>(both);
      above[row] = static_cast<uint8_t>(both >> 8);
    }
  }
}

}  // namespace

GivenRanks run_ranked_plan(const RankedPlan& ranked, const CodedColumns& coded,
                           const StepContext& context, uint8_t* room) noexcept {
  auto* places = reinterpret_cast<uint32_t*>(room + uint64_t{2} * ranked.num_columns * kTileRows);
  read_coded_columns(coded, context, /*ranked=*/true);
  for (uint32_t i = 0; i < coded.num_columns; ++i) {
    const CodedColumn& column = coded.columns[i];
    if (column.num_entry_ranks == 0) continue;
    int32_t codes[kTileRows];
    read_codes(context.columns[column.input], context.first_row, context.num_rows, column.missing,
               codes);
    look_up(column, codes, context.num_rows, room, places);
  }
  if (context.texts != nullptr) start_texts(context.texts);
  const RankedNumbers* next = ranked.numbers;
  const RankedNumbers* const end = next + ranked.num_numbers;
  for (uint32_t i = 0; i < ranked.plan.num_steps; ++i) {
    const StepRecord& record = ranked.plan.steps[i];
    find_step(record.code)->run(record, context);
    for (; next != end && next->step == i; ++next) rank_slot(*next, context, room);
  }
  return {room, ranked.is_given, places, ranked.has_places};
}

}  // namespace mainspring

#endif
