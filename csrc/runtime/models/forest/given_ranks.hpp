// Ranks that a forest is given in place of features: whoever knows them without the feature saves
// computing it, storing it and looking its rank up.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

/// Of a tile of rows, for columns and features of categories of the forest's program (sliced.hpp).
struct GivenRanks {
  const uint8_t* ranks;       // [2 * num_columns][kTileRows]
  const uint8_t* is_given;    // [num_columns]: 1 where ranks are
  const uint32_t* places;     // [num_category_features][kTileRows]: where a row's class begins
  const uint8_t* has_places;  // [num_category_features]
};

/// Whether so many rows of the model go through blocks, which alone take ranks.
bool takes_ranks(const ModelView& model, uint32_t num_rows, IsaLevel level) noexcept;

/// As the model's predict_raw(). What ranks are given for is not read from the features.
void predict_from_ranks(const ModelView& model, const FeatureTile& features,
                        const GivenRanks& given, const Kernels& kernels, uint8_t* scratch,
                        double* out) noexcept;

/// Numbers among which ranks change.
struct RankTable {
  SlicedColumn column;
  const double* thresholds;  // the column's first
  const uint8_t* cells;
};

/// Both ranks of up to kTileRows numbers, which may change; like the ranks they are followed by
/// what fills up the last eight.
void rank_numbers(IsaLevel level, const RankTable& table, double* numbers, uint32_t num_rows,
                  uint8_t* below, uint8_t* above) noexcept;

/// Where the words of the classes of features begin, counted from those of the categories.
void find_class_places(const SlicedView& view, const SlicedCategories& categories,
                       const float* features, uint32_t num_rows, uint32_t* places) noexcept;

}  // namespace mainspring
