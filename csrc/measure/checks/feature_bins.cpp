// Cuts a feature into bins: values of its own, quantiles, or the most frequent strings.
#include "measure/checks/feature_bins.hpp"

#include <algorithm>
#include <cmath>

namespace mainspring {

FeatureBins bin_feature(const RowColumn& feature) {
  if (feature.has_codes()) return {feature.codes, feature.num_codes};
  std::vector<double> present;
  present.reserve(feature.numbers.size());
  for (const double value : feature.numbers) {
    if (!std::isnan(value)) present.push_back(value);
  }
  const uint64_t num_bins = std::clamp<uint64_t>(present.size() / 100, 2, 256);
  std::sort(present.begin(), present.end());
  std::vector<double> edges;  // the smallest value of every bin but the first
  for (uint64_t k = 1; k < num_bins && !present.empty(); ++k) {
    const double edge = present[k * present.size() / num_bins];
    const double last = edges.empty() ? present.front() : edges.back();
    if (edge != last) edges.push_back(edge);
  }
  FeatureBins bins;
  bins.num_bins = static_cast<uint32_t>(edges.size()) + 2;
  bins.bin_of.reserve(feature.numbers.size());
  for (const double value : feature.numbers) {
    uint32_t bin = 0;
    if (!std::isnan(value)) {
      bin = 1 + static_cast<uint32_t>(std::upper_bound(edges.begin(), edges.end(), value) -
                                      edges.begin());
    }
    bins.bin_of.push_back(bin);
  }
  return bins;
}

}  // namespace mainspring
