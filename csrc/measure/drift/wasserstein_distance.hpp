// The distance that the two Wasserstein statistics share.
#pragma once
#include "measure/drift/statistic.hpp"

namespace mainspring {

/// Area between the distribution functions, in the column's unit, with its certified interval.
/// Infinity when the shares of an infinite value differ; NaN when a side has no values.
StatisticValue wasserstein_distance(const ColumnPair& pair);

}  // namespace mainspring
