// How often each category of a column occurs: what ordinal and one_hot learn.
#pragma once
#include <cstdint>
#include <vector>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {

struct CategoryCounts {
  void update(const FitTile& tile);
  /// The only row of the tile, `count` times.
  void add(const FitTile& one_row, uint64_t count);
  void merge(const CategoryCounts& other);
  void write(StateWriter& writer) const;
  void read(StateReader& reader);

  SharedKeys keys;
  std::vector<uint64_t> counts;  // of each key
  uint64_t missing = 0;          // rows
};

}  // namespace mainspring
