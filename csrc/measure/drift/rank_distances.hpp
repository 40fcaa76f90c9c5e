// The distances that one walk over both distribution functions gives.
#pragma once
#include "profile/distribution.hpp"

namespace mainspring {

struct RankDistances {
  double largest = 0;  // max |F - G|: differences of integer counts, rounded once
  double area = 0;     // integral of |F - G|; infinite where the shares of an infinity differ
};

/// Both have values.
RankDistances rank_distances(const Distribution& x, const Distribution& y);

}  // namespace mainspring
