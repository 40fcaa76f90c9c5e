// A table through a bundle into columns, what tools that speak Arrow take without a copy, and into
// the tensors that training takes.
#pragma once
#include <span>
#include <string>

#include "host/arrow_columns.hpp"
#include "host/bundle_image.hpp"
#include "host/table.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {

/// The features, by name: numbers as float32 with nulls where they are missing, ids as int32.
/// Throws what match_columns() throws.
ArrowColumns transform_to_columns(const BundleImage& bundle, const Table& table);

/// The features as two matrices, row by row: numbers in one, ids in the other.
void transform_to_tensors(const BundleImage& bundle, const Table& table, float* dense,
                          int32_t* ids);

/// Predictions, one column for each name: as many as output_width(). Never null: float64, or the
/// labels of a model that decides.
ArrowColumns predict_to_columns(const BundleImage& bundle, const Table& table, OutputKind kind,
                                std::span<const std::string> names);

/// Features that are there already, row by row, as transform_to_columns() gives them.
ArrowColumns features_to_columns(const BundleImage& bundle, const float* rows, uint64_t num_rows);

}  // namespace mainspring
