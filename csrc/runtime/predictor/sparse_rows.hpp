// Rows to the features that are not 0: a plan over one tile, and its entries in the order of rows.
#pragma once
#include <cstdint>

#include "runtime/arrow/column_view.hpp"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/core/kernels.hpp"
#include "runtime/steps/sparse_tile.hpp"
#include "runtime/steps/text_room.hpp"

namespace mainspring {

/// Bytes of scratch that one thread needs for transform_sparse_tile, 64-byte aligned. Does not
/// depend on the number of features.
uint64_t sparse_scratch_bytes(const BundleView& bundle) noexcept;

/// Rows [first_row, first_row + num_rows) of `columns`, as for transform_rows but at most
/// kTileRows, to the entries of `tile`; what it had is forgotten. The values that transform_rows
/// gives, but for those that are 0 or -0; NaN is there. The tile is incomplete where `texts` is.
void transform_sparse_tile(const BundleView& bundle, const Kernels& kernels,
                           const ColumnView* columns, uint64_t first_row, uint32_t num_rows,
                           uint8_t* scratch, TextRoom* texts, SparseTile* tile) noexcept;

/// The entries row by row, features ascending in each: row_entries[row] is how many the row has.
/// features, values: room for all of them.
void order_by_row(const SparseTile& tile, uint32_t num_rows, int64_t* row_entries,
                  int32_t* features, float* values) noexcept;

}  // namespace mainspring
