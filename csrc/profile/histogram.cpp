// Chooses the bins of a plot and counts on them.
#include "profile/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace mainspring {

namespace {

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kTail = 0.005;          // on either end
constexpr double kMuchWider = 1.6;       // times the bulk: then the tails are cut off
constexpr double kSkewed = 20;           // times the median: then the axis is logarithmic
constexpr double kMaxLattice = 16384;    // points between the ends
constexpr double kOnLattice = 1.0 / 64;  // of a step

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // Halved: the difference of two finite numbers may not be finite.
  double half_width() const { return high / 2 - low / 2; }
};

struct Bulk {
  Range inner;  // between the tails
  Range all;
  double median = 0;  // the larger one of the sides
};

// The finite values of a side are those from `first` to before `last`.
struct Finite {
  size_t first = 0;
  size_t last = 0;
  uint64_t total = 0;
};

Finite finite_part(const Distribution& numbers) {
  Finite part{0, numbers.values.size(), 0};
  while (part.first < part.last && !std::isfinite(numbers.values[part.first])) ++part.first;
  while (part.last > part.first && !std::isfinite(numbers.values[part.last - 1])) --part.last;
  for (size_t i = part.first; i < part.last; ++i) part.total += numbers.counts[i];
  return part;
}

double point(const Distribution& numbers, const Finite& part, double q) {
  const double wanted = q * static_cast<double>(part.total);
  uint64_t passed = 0;
  for (size_t i = part.first; i + 1 < part.last; ++i) {
    passed += numbers.counts[i];
    if (static_cast<double>(passed) > wanted) return numbers.values[i];
  }
  return numbers.values[part.last - 1];
}

std::optional<Bulk> bulk_of(std::span<const Distribution* const> sides) {
  std::optional<Bulk> bulk;
  for (const Distribution* side : sides) {
    const Finite part = finite_part(*side);
    if (part.total == 0) continue;
    if (!bulk.has_value()) bulk.emplace(Bulk{{}, {}, side->values[part.first]});
    bulk->inner.take(point(*side, part, kTail));
    bulk->inner.take(point(*side, part, 1 - kTail));
    bulk->all.take(side->values[part.first]);
    bulk->all.take(side->values[part.last - 1]);
    bulk->median = std::max(bulk->median, point(*side, part, 0.5));
  }
  return bulk;
}

Range shown_range(const Bulk& bulk, bool logarithmic) {
  const auto width = [logarithmic](const Range& range) {
    return logarithmic ? std::log(range.high) - std::log(range.low) : range.half_width();
  };
  return width(bulk.inner) > 0 && width(bulk.all) > kMuchWider * width(bulk.inner) ? bulk.inner
                                                                                   : bulk.all;
}

// The step of a lattice that holds every shown value; none where there is no such step.
std::optional<double> lattice_step(std::span<const Distribution* const> sides, const Range& range) {
  double step = std::numeric_limits<double>::infinity();
  for (const Distribution* side : sides) {
    for (size_t i = 1; i < side->values.size(); ++i) {
      if (side->values[i - 1] < range.low || side->values[i] > range.high) continue;
      step = std::min(step, side->values[i] - side->values[i - 1]);
    }
  }
  if (!std::isfinite(step) || !(2 * range.half_width() / step <= kMaxLattice)) return std::nullopt;
  for (const Distribution* side : sides) {
    for (const double value : side->values) {
      if (value < range.low || value > range.high) continue;
      const double steps = (value - range.low) / step;
      if (std::fabs(steps - std::round(steps)) > kOnLattice) return std::nullopt;
    }
  }
  return step;
}

// Finite whatever the ends are.
double between(double low, double high, double share) { return low * (1 - share) + high * share; }

std::vector<double> equal_edges(const Range& range, uint32_t num_bins, bool logarithmic) {
  std::vector<double> edges{range.low};
  for (uint32_t i = 1; i < num_bins; ++i) {
    const double share = static_cast<double>(i) / num_bins;
    const double edge = logarithmic
                            ? std::exp(between(std::log(range.low), std::log(range.high), share))
                            : between(range.low, range.high, share);
    edges.push_back(std::clamp(edge, edges.back(), range.high));  // rounding may step back
  }
  edges.push_back(range.high);
  return edges;
}

std::vector<double> lattice_edges(const Range& range, double step, uint32_t max_bins) {
  const double points = std::round(2 * range.half_width() / step) + 1;
  const double per_bin = std::ceil(points / max_bins);
  const auto num_bins = static_cast<uint32_t>(std::ceil(points / per_bin));
  std::vector<double> edges;
  for (uint32_t i = 0; i <= num_bins; ++i) {
    const double edge = range.low + (static_cast<double>(i) * per_bin - 0.5) * step;
    // Half a step may lead past the largest number.
    edges.push_back(std::clamp(edge, -kLargest, kLargest));
  }
  return edges;
}

}  // namespace

HistogramAxis histogram_axis(std::span<const Distribution* const> sides, uint32_t max_bins) {
  const std::optional<Bulk> bulk = bulk_of(sides);
  if (!bulk.has_value()) return {};
  HistogramAxis axis;
  axis.logarithmic = bulk->all.low > 0 && bulk->inner.high / kSkewed > bulk->median;
  const Range range = shown_range(*bulk, axis.logarithmic);
  if (range.low == range.high) {
    const double room = std::max(0.5, std::fabs(range.low) / 4);
    axis.edges = {std::max(range.low - room, -kLargest), std::min(range.high + room, kLargest)};
    return axis;
  }
  if (!axis.logarithmic) {
    if (const std::optional<double> step = lattice_step(sides, range)) {
      axis.edges = lattice_edges(range, *step, max_bins);
    }
  }
  // The smallest numbers of all have no halves: edges fall together there.
  const bool apart = axis.edges.size() > 1 && axis.edges.front() < axis.edges.back();
  if (!apart) axis.edges = equal_edges(range, max_bins, axis.logarithmic);
  // Neighbouring numbers leave no room for so many bins.
  axis.edges.erase(std::unique(axis.edges.begin(), axis.edges.end()), axis.edges.end());
  return axis;
}

HistogramCounts count_on(const Distribution& numbers, const HistogramAxis& axis) {
  HistogramCounts counts;
  if (axis.edges.size() < 2) return counts;
  counts.bins.assign(axis.edges.size() - 1, 0);
  size_t bin = 0;
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    const double value = numbers.values[i];
    if (value < axis.edges.front()) {
      counts.below += numbers.counts[i];
    } else if (value > axis.edges.back()) {
      counts.above += numbers.counts[i];
    } else {
      while (bin + 1 < counts.bins.size() && value >= axis.edges[bin + 1]) ++bin;
      counts.bins[bin] += numbers.counts[i];
    }
  }
  return counts;
}

}  // namespace mainspring
