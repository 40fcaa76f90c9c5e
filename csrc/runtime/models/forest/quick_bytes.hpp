// The quick form of a forest (quick.hpp) once more, for CPUs that look up bytes in registers: 64
// trees side by side, in three quarters of the bytes, which the L1 cache holds. It is made when a
// bundle is opened (host/quick_bytes.hpp) and lies in none.
#pragma once
#include <cstdint>

#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

inline constexpr uint32_t kByteTrees = 64;  // side by side
inline constexpr uint32_t kMaskBytes = kQuickLeaves / 8;

/// One step of 64 trees. Each array has a tree's byte where place_of_tree() says.
struct alignas(64) QuickStep {
  uint8_t rows[kByteTrees];               // of ranks: SlicedCondition::column
  uint8_t ranks[kByteTrees];              // right where the rank is greater; 255: never
  uint8_t masks[kMaskBytes][kByteTrees];  // of the leaves that stay then
};

/// Such that four registers of bytes, put together to masks in halves of registers, give these in
/// the order of the trees.
constexpr uint32_t place_of_tree(uint32_t tree) {
  return tree / 4 % 4 * 16 + tree / 16 * 4 + tree % 4;
}

/// Steps of the first 64 trees, then of the next ones.
struct QuickBytes {
  uint32_t num_steps;
  const QuickStep* steps;
};

/// As predict_quick(), row by row.
using PredictQuickBytes = void (*)(const SlicedJob& job, const QuickBytes& quick,
                                   double* out) noexcept;
PredictQuickBytes quick_bytes_avx512() noexcept;  // null where not compiled in; wants VBMI

}  // namespace mainspring
