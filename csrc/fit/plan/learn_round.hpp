// One pass over a table: every chain that still has something to learn runs its plan so far, tile
// by tile, and updates the states of its next operators.
#pragma once
#include <functional>
#include <span>

#include "fit/plan/compile_plan.hpp"
#include "fit/plan/fit_rounds.hpp"

namespace mainspring {

/// What a pass reads.
struct FitSource {
  const Table& table;
  const double* target;  // one for each row, or null
  uint64_t first_row;    // number of the table's first row over the whole input
  bool cross_fit;
  /// Called now and then on the calling thread; may throw to stop the pass.
  std::function<void()> interrupt;
};

/// A chain and the round that it learns in this pass.
struct Lesson {
  BoundChain* bound;
  Round round;
};

/// Makes new states for each lesson's operators and fills them. Lessons run in parallel; the states
/// are exact, so the result does not depend on how.
void learn_round(std::span<const Lesson> lessons, const ZoneTables& zones, const FitSource& source);

/// Adds the rows that the lesson's fill has filled to the state behind it.
void add_filled_rows(BoundChain& bound, const Round& round, const ZoneTables& zones);

}  // namespace mainspring
