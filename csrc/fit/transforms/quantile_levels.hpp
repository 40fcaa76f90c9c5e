// The check that robust_scale and winsorize share: two levels of quantiles, one above the other.
#pragma once
#include <string_view>

#include "fit/transforms/param.hpp"

namespace mainspring {

/// Throws Error(kParameter) unless 0 <= low < high <= 1.
inline void check_quantile_levels(std::string_view transform, double low, double high) {
  if (!(low >= 0 && low < 1)) fail_param(transform, "low", "a number from 0 to below 1", low);
  if (!(high > low && high <= 1)) {
    fail_param(transform, "high", "a number above low (" + describe(low) + ") and not above 1",
               high);
  }
}

}  // namespace mainspring
