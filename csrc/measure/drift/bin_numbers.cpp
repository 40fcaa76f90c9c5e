// Counts both sides of a column on bins taken from the reference.
#include <algorithm>
#include <cmath>

#include "measure/drift/frequencies.hpp"

namespace mainspring {

namespace {

// Upper edges of all bins but the last, ascending and distinct.
std::vector<double> equal_edges(const Distribution& reference, uint32_t num_bins) {
  std::vector<double> edges;
  uint64_t passed = 0;
  size_t at = 0;
  for (uint32_t k = 1; k < num_bins && reference.total > 0; ++k) {
    const double wanted = static_cast<double>(k) * static_cast<double>(reference.total) / num_bins;
    while (at < reference.values.size() &&
           static_cast<double>(passed + reference.counts[at]) < wanted) {
      passed += reference.counts[at++];
    }
    if (edges.empty() || edges.back() != reference.values[at]) {
      edges.push_back(reference.values[at]);
    }
  }
  return edges;
}

std::vector<double> count_bins(const Distribution& numbers, const std::vector<double>& edges) {
  std::vector<double> counts(edges.size() + 1, 0);
  size_t bin = 0;
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    while (bin < edges.size() && numbers.values[i] > edges[bin]) ++bin;
    counts[bin] += static_cast<double>(numbers.counts[i]);
  }
  return counts;
}

}  // namespace

Frequencies bin_numbers(const Distribution& reference, uint64_t reference_missing,
                        const Distribution& current, uint64_t current_missing, uint32_t num_bins) {
  const std::vector<double> edges = equal_edges(reference, num_bins);
  const std::vector<double> before = count_bins(reference, edges);
  const std::vector<double> now = count_bins(current, edges);
  Frequencies result;
  for (size_t bin = 0; bin < before.size(); ++bin) result.add(before[bin], now[bin]);
  result.add(static_cast<double>(reference_missing), static_cast<double>(current_missing));
  return result;
}

uint32_t num_js_bins(uint64_t n, uint64_t m, double max_bins) {
  const double wanted = 2 * std::pow(static_cast<double>(std::min(n, m)), 0.4);
  return static_cast<uint32_t>(std::min(std::max(10.0, std::floor(wanted)), max_bins));
}

}  // namespace mainspring
