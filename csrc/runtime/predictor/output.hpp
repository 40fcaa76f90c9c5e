// From raw scores to what was asked for.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/models/model.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {

/// scores: num_rows * num_outputs raw scores at the front of num_rows * width doubles; they become
/// the output of this kind, in place.
void finish_scores(const ModelHeader& header, const Kernels& kernels, OutputKind kind,
                   uint32_t num_rows, double* scores) noexcept;

}  // namespace mainspring
