// A node of a composite as the GPU runs it: where its numbers come from, and where they go.
#pragma once
#include <cstdint>

namespace mainspring::gpu {

/// CompositeInput, with where the columns of its source lie.
struct CombineInput {
  uint32_t of_features;
  uint32_t source_column;  // of all nodes' columns: the source's first
  uint32_t source_width;
  uint32_t first_column;
  uint32_t num_columns;
};

/// One node for all rows: combine_rows.hpp. The columns of a node lie side by side, row by row, and
/// behind those of all rows of the nodes before it.
struct CombineArgs {
  uint32_t kind;  // CompositeKind
  uint32_t width;
  uint32_t num_inputs;
  uint32_t num_numbers;
  const CombineInput* inputs;
  const double* numbers;
  const double* columns;
  const float* narrow;  // features, as DeviceFeatures has them
  const double* wide;
  int64_t row_stride;
  int64_t feature_stride;
  uint64_t num_rows;
  uint32_t* order;  // [num_numbers][num_rows] of a median
  double* out;      // [num_rows][width]
};

}  // namespace mainspring::gpu
