// The inner loops of exact sums, at the width of each instruction set: the same cuts everywhere,
// and since sums are exact the width changes no bit.
#pragma once
#include <cstdint>

namespace mainspring {

inline constexpr uint32_t kSumBlock = 512;
inline constexpr uint32_t kMostCuts = 4;

/// The sum of a block's numbers, and that of their squares: integers times powers of two.
struct NearSums {
  static constexpr uint32_t kNumbers = 2;  // units of the numbers, those of the squares follow
  static constexpr uint32_t kUnits = 5;
  double units[kUnits];
  int64_t counts[kUnits];
};

struct BlockForms {
  /// The sums of a block, without NaN; false where sizes lie too far apart, or near the ends of
  /// float64, or one is infinite: then they are to be added in another way.
  bool (*sum_near)(const double block[kSumBlock], NearSums* sums);
  /// Cuts the finite numbers of a block into pieces[0], pieces[1], ..., whose sum and that of what
  /// is left in the block is theirs, exactly; returns how many. *left is the size of the largest
  /// number that is left.
  uint32_t (*cut)(double block[kSumBlock], double pieces[kMostCuts], double* left);
  /// Squares as two doubles each; false where a square or its error may be none.
  bool (*square)(const double block[kSumBlock], double squares[kSumBlock],
                 double errors[kSumBlock]);
  /// Those of count <= kSumBlock numbers that are not NaN, side by side; returns how many. What is
  /// behind them in `packed` may be anything.
  uint32_t (*pack)(const double* numbers, uint32_t count, double packed[kSumBlock]);
  /// The same of those from low to high; *below grows by how many are less than low. No NaN.
  uint32_t (*pack_between)(const double* numbers, uint32_t count, double low, double high,
                           double packed[kSumBlock], uint64_t* below);
};

const BlockForms* block_forms_baseline() noexcept;
/// Null where the build has none.
const BlockForms* block_forms_avx2() noexcept;
const BlockForms* block_forms_avx512() noexcept;

}  // namespace mainspring
