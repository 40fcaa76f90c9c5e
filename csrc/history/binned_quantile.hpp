// Quantiles on fixed edges: values are counted between edges, and counts are added and taken away
// like any integers, so that no window has to look at its values again.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace mainspring {

inline constexpr size_t kMinQuantileEdges = 2, kMaxQuantileEdges = 1024;

/// How many edges are below a value: the values of bin i lie in (edge i - 1, edge i]. No value is
/// NaN.
inline uint32_t quantile_bin(std::span<const double> edges, double value) {
  uint32_t bin = 0;
  for (auto count = static_cast<uint32_t>(edges.size()); count > 0;) {
    const uint32_t half = count / 2;
    const bool is_below = edges[bin + half] < value;
    bin += is_below ? half + 1 : 0;
    count = is_below ? count - half - 1 : half;
  }
  return bin;
}

/// The quantile of counted values, those of a bin spread evenly over it; what lies outside of all
/// edges is at the nearest one. Prometheus' histogram_quantile. `counts` has a place for each bin,
/// one more than there are edges; nothing counted: NaN.
inline double binned_quantile(std::span<const uint32_t> counts, std::span<const double> edges,
                              double share) {
  uint64_t total = 0;
  for (const uint32_t count : counts) total += count;
  if (total == 0) return std::numeric_limits<double>::quiet_NaN();
  const double rank = share * static_cast<double>(total);
  uint64_t before = 0;
  size_t bin = 0;
  while (counts[bin] == 0 || static_cast<double>(before + counts[bin]) < rank) {
    before += counts[bin++];
  }
  if (bin == 0 || bin == edges.size()) return edges[bin == 0 ? 0 : bin - 1] + 0.0;
  const double part = (rank - static_cast<double>(before)) / static_cast<double>(counts[bin]);
  const double low = edges[bin - 1], high = edges[bin];
  return std::clamp(low * (1 - part) + high * part, low, high) + 0.0;
}

}  // namespace mainspring
