// A whole table through a bundle, in row blocks over the pool, straight into the caller's memory.
#pragma once
#include <cstdint>

#include "host/bundle_image.hpp"
#include "host/table.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {

/// out: num_rows * output_width doubles. Throws Error(kSchema) when a column is missing or has
/// another kind, naming it.
void predict_table(const BundleImage& bundle, const Table& table, OutputKind kind, double* out);

/// out[row * row_stride + feature], float32.
void transform_table(const BundleImage& bundle, const Table& table, float* out,
                     uint64_t row_stride);

/// As runtime predict_matrix, over the pool.
void predict_matrix_parallel(const BundleImage& bundle, const float* narrow, const double* wide,
                             int64_t row_stride, int64_t feature_stride, uint64_t num_rows,
                             OutputKind kind, double* out);

}  // namespace mainspring
