// A feature cut into bins of rows that look alike to a check.
#pragma once
#include <cstdint>
#include <vector>

#include "measure/checks/row_column.hpp"

namespace mainspring {

struct FeatureBins {
  std::vector<uint32_t> bin_of;  // of each row; 0 where the feature is missing
  uint32_t num_bins = 1;
};

/// A category is a bin. Numbers take equally filled bins, one for each 100 rows, 2 to 256 of them,
/// or one for each value where there are fewer.
FeatureBins bin_feature(const RowColumn& feature);

}  // namespace mainspring
