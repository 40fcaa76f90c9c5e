// From raw scores to what was asked for.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/models/model.hpp"

namespace mainspring {

/// Stored in bundles (of the parts of a composite), never changes.
enum class OutputKind : uint8_t {
  kPredict = 0,  // what the source library's predict returns; of a model that decides, the
                 // number of the class
  kProba = 1,    // (rows, classes)
  kRaw = 2,      // raw scores, before the link
};

/// Values a row, or 0 when a model of this header cannot give this kind (kProba of a regression).
uint32_t output_width(const ModelHeader& header, OutputKind kind) noexcept;

/// Whether the output is the number of a class, chosen from scores that have no room in it.
bool decides_among_outputs(const ModelHeader& header, OutputKind kind) noexcept;

/// scores: num_rows * num_outputs raw scores; they become the output of this kind, at `out`, which
/// is `scores` unless decides_among_outputs(). There is room for num_rows * width doubles.
void finish_scores(const ModelHeader& header, const Kernels& kernels, OutputKind kind,
                   uint32_t num_rows, double* scores, double* out) noexcept;

}  // namespace mainspring
