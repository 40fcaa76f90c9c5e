// The encoding of target_mean, leave_one_out and ordered_target for rows that were not fitted on.
#pragma once
#include <cmath>
#include <string_view>

#include "fit/transforms/category_encoding.hpp"
#include "fit/transforms/param.hpp"
#include "fit/transforms/target_sums.hpp"

namespace mainspring {

/// Throws Error(kParameter) unless `smoothing` is finite and not negative.
inline void check_smoothing(std::string_view op, double smoothing) {
  if (std::isfinite(smoothing) && smoothing >= 0) return;
  fail_param(op, "smoothing", "a finite number of 0 or more", smoothing);
}

/// (sum + smoothing * prior) / (count + smoothing) of the rows outside each fold, or of all rows.
inline std::vector<Feature> emit_smoothed_means(const TargetSums& state, double smoothing,
                                                std::string_view suffix, const Feature& in,
                                                PlanBuilder& builder, bool cross_fitted) {
  const std::vector<uint64_t> counts = state.total_counts();
  const std::vector<double> sums = state.total_sums();
  return emit_target_encoding(state, suffix, in, builder, cross_fitted, [&](uint32_t fold) {
    const double prior = mean_or_missing(sums[fold], counts[fold]);
    const auto mean_of = [&](uint64_t category) {
      const auto count = static_cast<double>(state.count(category, fold));
      if (count == 0) return prior;
      return (state.sum(category, fold) + smoothing * prior) / (count + smoothing);
    };
    CategoryEncoding encoding{prior, mean_of(0), {}};
    encoding.keys.reserve(state.num_categories() - 1);
    for (uint64_t category = 1; category < state.num_categories(); ++category) {
      encoding.keys.push_back(mean_of(category));
    }
    return encoding;
  });
}

}  // namespace mainspring
