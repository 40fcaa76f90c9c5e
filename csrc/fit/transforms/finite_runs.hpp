// Counts of a stream's finite values: what every transform that asks for quantiles learns.
#pragma once
#include "fit/transforms/feature.hpp"
#include "fit/transforms/value_runs.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {

/// Missing and infinite values are skipped.
class FiniteRuns {
 public:
  void update(const FitTile& tile);
  void update_repeated(const FitTile& one_row, uint64_t count);
  void merge(const FiniteRuns& other) { values_.merge(other.values_); }
  void limit_values(uint64_t max_values) { values_.limit(max_values); }
  uint64_t rank_error() const { return values_.rank_error(); }
  void write(StateWriter& writer) const { values_.write(writer); }
  void read(StateReader& reader);

  const ValueRuns& values() const { return values_; }

 private:
  ValueRuns values_;
};

}  // namespace mainspring
