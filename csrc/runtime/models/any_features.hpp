// Features of either type, which is looked at for each number: one loop for a device where a host
// has one for each type.
#pragma once
#include <cstdint>

#include "runtime/models/model.hpp"

namespace mainspring {

/// As Strided, with the numbers of float32 widened, which loses nothing.
struct AnyFeatures {
  using Value = double;
  const FeatureTile& tile;
  uint32_t first = 0;
  uint32_t first_feature = 0;

  [[gnu::noinline]] double at(uint32_t row, uint32_t feature) const {
    row += first;
    feature += first_feature;
    return tile.narrow != nullptr ? static_cast<double>(narrow_of(tile).at(row, feature))
                                  : wide_of(tile).at(row, feature);
  }
  AnyFeatures from(uint32_t row, uint32_t feature) const {
    return {tile, first + row, first_feature + feature};
  }
};

}  // namespace mainspring
