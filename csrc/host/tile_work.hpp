// Whatever is made of rows of features, tile by tile, over the pool: from a matrix, a table or one
// row of a plan's columns.
#pragma once
#include <cstdint>
#include <functional>

#include "host/bundle_image.hpp"
#include "host/table.hpp"
#include "runtime/models/model.hpp"

namespace mainspring {

/// A matrix of features: exactly one pointer is set; strides in elements.
struct FeatureMatrix {
  const float* narrow;
  const double* wide;
  int64_t row_stride, feature_stride;
  uint64_t num_rows;
};

/// Rows [first, first + count) of a matrix.
FeatureTile tile_of(const FeatureMatrix& rows, uint64_t first, uint64_t count);

/// What is done to a tile: `run` writes `width` numbers for each of its rows, and may use a
/// scratch. A row's numbers depend on the row alone. Called from several threads.
struct TileWork {
  uint64_t width;
  uint64_t scratch_bytes;
  std::function<void(const FeatureTile& tile, uint8_t* scratch, double* out)> run;
};

void work_on_matrix(const TileWork& work, const FeatureMatrix& rows, double* out);
/// Throws what match_columns() throws.
void work_on_table(const BundleImage& bundle, const TileWork& work, const Table& table,
                   double* out);
/// The first rows of columns in the order of the plan's inputs, on the calling thread alone.
void work_on_rows(const BundleImage& bundle, const TileWork& work, const ColumnView* columns,
                  uint64_t num_rows, double* out);

}  // namespace mainspring
