// The leaves of trees of 129 to 256 leaves once more, for blocks of rows where bytes can be looked
// up in registers: of each tree the lowest bytes of its leaves, then the next ones. Four registers
// hold a byte of every leaf, so that two permutes find it for 64 rows, which loads find one by one.
// They are made of the tables in the program when a bundle is opened (host/leaf_bytes.hpp) and lie
// in none.
#pragma once
#include <cstdint>

#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

/// Bits of the codes of these trees: their tables have 256 leaves. Smaller ones are in registers as
/// they are, and so are those of float sums.
inline constexpr uint32_t kLeafBytePlanes = 8;

/// A table's part is where the table is in the program: both have 8 bytes for each leaf.
struct alignas(64) LeafBytes {
  uint8_t bytes[64];
};

/// Whether a block adds leaves of this tree by their bytes: a part of 64 rows costs what all of
/// them cost.
inline bool adds_bytes([[maybe_unused]] const SlicedJob& job, const SlicedTree& tree,
                       uint32_t num_rows) {
  constexpr uint32_t kFewestRows = 32;
#if defined(MAINSPRING_SMALL)
  return false;
#else
  return job.leaf_bytes != nullptr && tree.num_planes == kLeafBytePlanes && num_rows >= kFewestRows;
#endif
}

}  // namespace mainspring
