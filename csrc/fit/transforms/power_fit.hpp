// The exponent of a power transform, by maximum likelihood over exact counts of values.
#pragma once
#include <span>
#include <string_view>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/value_runs.hpp"
#include "runtime/core/power.hpp"

namespace mainspring {

struct PowerFit {
  double lambda = 1;
  double mean = 0;       // of the transformed values
  double deviation = 1;  // of the same, ddof 0; 1 where it would be 0
};

/// The lambda at which the transformed values are most likely to be normal. The negative logarithm
/// of that likelihood is convex in lambda (T. Marchand et al., "SecureFedYJ", NeurIPS 2022), so the
/// root of its derivative is found between signs. Lambda stays in [-1024, 1024] and where no
/// transformed value is beyond e^300 and not all are so far from zero that they become alike; it is
/// 1 for fewer than two values. `runs` ascend, all finite, for Box-Cox all positive; the sums go
/// over them in this order, so equal runs give equal bits.
PowerFit fit_power(std::span<const ValueRuns::Run> runs, PowerFamily family);

/// What both operators compile to.
std::vector<Feature> emit_power(std::string_view transform, std::span<const ValueRuns::Run> runs,
                                PowerFamily family, bool standardize, const Feature& in,
                                PlanBuilder& builder);

}  // namespace mainspring
