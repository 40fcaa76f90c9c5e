// One pass over the data: every chain that still has something to learn runs its plan so far, tile
// by tile, and updates the states of its next operators.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "fit/plan/compile_plan.hpp"
#include "fit/plan/fit_rounds.hpp"

namespace mainspring {

/// A part of what a pass reads.
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

/// What states may hold of a column: beyond that they are no longer exact.
struct FitLimits {
  uint64_t max_keys;    // distinct keys, or n-grams
  uint64_t max_values;  // distinct numbers whose ranks are learnt
};

/// A pass that is under way. The states are exact, so what they hold does not depend on how the
/// rows are split into parts, nor on the threads; where a column has more than max_keys keys it
/// does depend on where batches end, within KeyIndex::error().
class LearnRound {
 public:
  /// Makes new states for each lesson's operators. The bound chains must outlive this.
  LearnRound(std::vector<Lesson> lessons, const ZoneTables& zones, FitLimits limits);
  LearnRound(LearnRound&&) noexcept;
  LearnRound& operator=(LearnRound&&) noexcept;
  ~LearnRound();

  const std::vector<Lesson>& lessons() const { return lessons_; }
  /// Groups of lessons run in parallel. After an exception the states are of no use.
  void update(const FitSource& source);
  /// Before states are read: they get what was counted for them.
  void hand_out_tallies();

 private:
  class Group;
  FitLimits limits_;
  std::vector<Lesson> lessons_;
  std::vector<std::unique_ptr<Group>> groups_;
};

}  // namespace mainspring
