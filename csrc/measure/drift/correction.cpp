// Corrects p-values for how many tests were made.
#include "measure/drift/correction.hpp"

#include <algorithm>
#include <numeric>

namespace mainspring {

std::vector<double> corrected(const std::vector<double>& p_values, Correction correction) {
  std::vector<double> result = p_values;
  const auto tests = static_cast<double>(p_values.size());
  if (correction == Correction::kBonferroni) {
    for (double& p : result) p = std::min(1.0, p * tests);
  }
  if (correction != Correction::kBenjaminiHochberg) return result;
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  double smallest = 1;
  for (size_t rank = order.size(); rank > 0; --rank) {
    const size_t i = order[rank - 1];
    smallest = std::min(smallest, p_values[i] * tests / static_cast<double>(rank));
    result[i] = smallest;
  }
  return result;
}

}  // namespace mainspring
