// What is left of a plan when a forest is given ranks in place of features.
//
// A number that monotone steps turn into a feature has the same rank as the feature, among numbers
// of its own: those steps need not run, nor does the feature exist. What dictionaries hold has
// ranks and places of classes that were found once for each entry. All of it is the host's, which
// may allocate; a caller without any runs every step.
#pragma once
#include <cstdint>

#include "runtime/models/forest/given_ranks.hpp"
#include "runtime/predictor/coded_columns.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring {

/// Ranks of one column of the program: as many as numbers of the table lie below, plus `shift`
/// (modulo 256).
struct RankedNumbers {
  uint32_t number;  // of the column in the program
  uint16_t slot;    // whose numbers are looked up, behind step `step` of the plan that is left
  uint32_t step;
  RankTable table;
  uint8_t shift;
  uint8_t first[2];    // both ranks where none of the table lies below
  uint8_t missing[2];  // where the slot has no number
};

struct RankedPlan {
  PlanView plan;  // what is left
  const RankedNumbers* numbers;
  uint32_t num_numbers;       // in ascending order of steps
  uint32_t num_columns;       // of the forest's program
  uint32_t num_categories;    // features of categories, of the program
  const uint8_t* is_given;    // [num_columns]
  const uint8_t* has_places;  // [num_categories]
};

/// Bytes that a tile's ranks take in the scratch, 64-byte aligned.
constexpr uint64_t ranked_bytes(const RankedPlan& ranked) {
  return (uint64_t{2} * ranked.num_columns + uint64_t{4} * ranked.num_categories) * kTileRows;
}

/// Runs what is left over one tile; `room` has ranked_bytes().
GivenRanks run_ranked_plan(const RankedPlan& ranked, const CodedColumns& coded,
                           const StepContext& context, uint8_t* room) noexcept;

}  // namespace mainspring
