// Which features a forest has ranks in place of, for people.
#pragma once
#include <cstdint>
#include <vector>

#include "host/bundle_image.hpp"

namespace mainspring {

/// Numbers of features that the forest asks for, ascending, and of how many rows a table has to be
/// so that its steps make none of them.
struct RankedFeatures {
  std::vector<uint32_t> folded;  // into the thresholds of their inputs
  std::vector<uint32_t> coded;   // looked up for each entry, where their input has a dictionary
  uint64_t folded_from_rows;
  uint64_t coded_from_rows;
};

/// Bisects thresholds at the first call for the bundle.
RankedFeatures ranked_features(const BundleImage& bundle);

}  // namespace mainspring
