// Everything known about a column of numbers: exact while it has few distinct values, then exact
// tallies and moments beside a sketch of ranks.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "profile/distinct_sketch.hpp"
#include "profile/distribution.hpp"
#include "profile/moments.hpp"
#include "profile/number_counts.hpp"
#include "profile/number_tally.hpp"
#include "profile/quantile_sketch.hpp"

namespace mainspring {

class NumberProfile {
 public:
  /// Values in the order of the rows; no NaN, no -0.0.
  void add(const double* values, uint64_t count);
  void merge(const NumberProfile& other);

  /// Whether every distinct value is known with its count.
  bool exact() const { return !sketched_.has_value(); }
  uint64_t count() const { return exact() ? counts_.total() : sketched_->tally.count; }
  NumberTally tally() const;
  Moments moments() const;
  Distribution distribution() const;
  /// The same, which copies share once it is kept: until something is added.
  std::shared_ptr<const Distribution> shared_distribution() const;
  void keep_distribution();
  /// A copy that knows tally(), moments() and the distribution alone, where that is kept.
  NumberProfile without_counts() const;
  double distinct() const;

  void write(StateWriter& writer) const;
  /// Throws Error(kBundleCorrupt).
  static NumberProfile read(StateReader& reader);

 private:
  // Which form a column is in depends on its set of values alone, never on their order: more than
  // NumberCounts::kMaxDistinct of them, and it is sketched.
  struct Sketched {
    NumberTally tally;
    Moments moments;
    QuantileSketch quantiles;
    DistinctSketch distinct;
  };
  void start_sketch();
  void add_runs_to_sketch(const NumberRuns& runs);
  void add_to_sketch(const double* values, uint64_t count);
  /// Of exact counts: visit(value, count).
  template <class Visit>
  void for_each_number(const Visit& visit) const;

  NumberCounts counts_;
  std::shared_ptr<const Distribution> kept_;  // of exact counts; a sketch keeps its own
  std::optional<Sketched> sketched_;
};

/// The value at position q * (total - 1) of the ascending values, between two of them by straight
/// line (NumPy's "linear"). NaN when there are none; q in [0, 1].
double quantile(const Distribution& distribution, double q);

}  // namespace mainspring
