// Bit-sliced blocks in words of 64 bits, for any CPU; on aarch64 with the bytes in NEON, which each
// of these has.
#include "runtime/core/memory.hpp"
#include "runtime/models/any_features.hpp"
#include "runtime/models/forest/block_trees.hpp"
#include "runtime/models/forest/given_ranks.hpp"
#include "runtime/models/forest/leaf_bytes.hpp"
#include "runtime/models/forest/sliced.hpp"

#if defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

namespace mainspring {

namespace {

#if defined(__wasm_simd128__)
#include "runtime/models/forest/block_forms_simd128.inc"
#else
#if defined(__aarch64__)
#include "runtime/models/forest/byte_masks_neon.inc"
#else
#include "runtime/models/forest/byte_masks.inc"
#endif
#include "runtime/models/forest/cells.inc"
#include "runtime/models/forest/single_leaves.inc"
#endif
#include "runtime/models/forest/ranks.inc"
#include "runtime/models/forest/row_values.inc"
#include "runtime/models/forest/transpose.inc"
// They call what stands above.
#include "runtime/models/forest/column_ranks.inc"
#include "runtime/models/forest/sliced.inc"

}  // namespace

PredictSliced sliced_baseline() noexcept { return &predict_sliced; }
RankTile ranks_baseline() noexcept { return &rank_tile; }

}  // namespace mainspring
