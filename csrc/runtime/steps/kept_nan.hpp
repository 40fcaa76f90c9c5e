// NaN that is a value of its own (a load that keeps it, records.hpp), through steps that make NaN
// missing otherwise.
#pragma once
#include "runtime/core/kernels.hpp"

namespace mainspring {

/// Which rows of a tile of numbers hold a NaN that is there: to be asked before a step writes,
/// since it may write in place.
class KeptNan {
 public:
  KeptNan(const Tile& in, const Kernels& kernels) noexcept;

  /// Rows of `out` are there where they are numbers now, or were kept NaN and are NaN still.
  void set_validity(const Tile& out, const Kernels& kernels) const noexcept;
  /// Writes NaN into the kept rows.
  void write(const Tile& out) const noexcept;

 private:
  uint64_t rows_[kValidityWords];
};

}  // namespace mainspring
