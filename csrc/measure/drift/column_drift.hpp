// One column measured and judged.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/drift/shares.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

/// A statistic with a limit, as the decision sees it.
struct DriftEffect {
  std::string_view name;
  double size;  // not negative
  double limit;

  bool reached() const { return size >= limit && size > 0; }
  double ratio() const { return limit > 0 ? size / limit : (size > 0 ? 1e300 : 0.0); }
};

/// A hypothesis test and the effects that it vouches for.
struct DriftTest {
  std::vector<DriftEffect> effects;
  double p_value;
  double corrected = 1;
};

struct ColumnDrift {
  struct Measured {
    const Statistic* statistic;
    StatisticValue result;
  };
  std::string name;
  ColumnKind kind;
  uint64_t reference_rows = 0;
  uint64_t current_rows = 0;
  bool exact = true;
  double rank_error = 0;             // of ks: both sketches together
  std::vector<Measured> statistics;  // in the order of the list
  DriftShares shares;
  std::vector<DriftTest> tests;
  std::string too_few;  // why values were not tested
  std::string finding;  // what is broken, so that nothing was measured
  // Set by judge().
  bool drifted = false;
  double effect = 0;  // largest effect over its limit; of what drifted where something did
  std::optional<double> p_value;  // smallest corrected
  std::string reason;
};

/// A value, or why there is none.
StatisticValue measure(const Statistic& statistic, const ColumnPair& pair,
                       const DriftOptions& options);

ColumnDrift measure_column(const DriftColumn& reference, const DriftColumn& current,
                           const DriftOptions& options);

/// Corrects the p-values of all columns' tests together and decides: an effect must reach its limit
/// and its test must reject, on enough rows.
void judge(std::vector<ColumnDrift>* columns, const DriftOptions& options);

}  // namespace mainspring
