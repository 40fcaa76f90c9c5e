// Steps and model over tiles: what every surface (Python, command line, C ABI) calls. Stateless and
// reentrant: one scratch for each thread, nothing allocated.
#pragma once
#include <cstdint>

#include "runtime/arrow/column_view.hpp"
#include "runtime/bundle/read_bundle.hpp"
#include "runtime/core/kernels.hpp"
#include "runtime/models/output.hpp"
#include "runtime/predictor/coded_columns.hpp"
#include "runtime/predictor/ranked_plan.hpp"
#include "runtime/steps/text_room.hpp"

namespace mainspring {

/// What is asked for: an output of the model, or of a forest the leaves that rows fall into.
struct Output {
  constexpr Output(OutputKind wanted, uint32_t trees = 0) : kind(wanted), num_trees(trees) {}
  static constexpr Output leaves_of(uint32_t trees) {
    Output output(OutputKind::kRaw, trees);
    output.leaves = true;
    return output;
  }

  OutputKind kind;
  uint32_t num_trees;   // of a forest: its first trees alone; 0: the whole model
  bool leaves = false;  // the source's own number of the leaf in each tree, not scores
};

/// Features that a row of transforms alone has at most where it is dense: each is a column of a
/// tile in the scratch, 128 MiB of them. sparse_rows.hpp has no such limit.
inline constexpr uint32_t kMaxDenseFeatures = 1u << 16;

/// Whether transform_rows may be called. A model takes dense features, however many.
bool gives_dense_rows(const BundleView& bundle) noexcept;

/// Bytes of scratch that one thread needs for this bundle, 64-byte aligned. Covers transform and
/// predict.
uint64_t scratch_bytes(const BundleView& bundle) noexcept;

/// Values a row, or 0 when the bundle cannot give this output: no model, kProba of a regression,
/// leaves of no forest.
uint32_t output_width(const BundleView& bundle, Output output) noexcept;

/// kNoModel, or kInvalidArgument where the bundle cannot give the output, or has no such part:
/// trees that it does not have, a round of several outputs begun and not ended, an average by
/// weights that are not known tree by tree. Nothing below asks again.
Status check_output(const BundleView& bundle, Output output) noexcept;

/// Each column can feed its input: else kWrongColumnType with the input's number. One call for a
/// batch, not for a tile.
Status check_columns(const BundleView& bundle, const ColumnView* columns) noexcept;

/// Rows [first_row, first_row + num_rows) of `columns` (one for each plan input, in its order,
/// verified and checked) to out[num_rows][output_width]. Any number of rows. `coded` fills in for
/// steps that the bundle's plan leaves out. With `ranked`, which may be null, tiles that go through
/// blocks of a forest run what that leaves of the plan; the scratch has ranked_bytes() more.
///
/// `texts` is room for the strings that steps build; null where none does. Rows that do not fit
/// into it together run in smaller tiles. kBufferTooSmall where a single row does not fit and the
/// room does not grow; the index is what the row has asked for, in bytes: enough, unless one step
/// builds its strings from those of another.
Status predict_rows(const BundleView& bundle, const Kernels& kernels, const ColumnView* columns,
                    uint64_t first_row, uint64_t num_rows, Output output, uint8_t* scratch,
                    TextRoom* texts, double* out, const CodedColumns& coded = {},
                    const RankedPlan* ranked = nullptr) noexcept;

/// The same rows to features: out[row * row_stride + feature], float32. `is_large` says that the
/// caches do not hold what `out` is part of, so that rows may go past them.
Status transform_rows(const BundleView& bundle, const Kernels& kernels, const ColumnView* columns,
                      uint64_t first_row, uint64_t num_rows, uint8_t* scratch, TextRoom* texts,
                      float* out, uint64_t row_stride, const CodedColumns& coded = {},
                      bool is_large = false) noexcept;

/// As transform_rows of at most kTileRows rows, but columns of kTileRows in the scratch; null where
/// the room for strings is too small for all of them. The plan is not wide.
const float* transform_tile(const BundleView& bundle, const Kernels& kernels,
                            const ColumnView* columns, uint64_t first_row, uint32_t num_rows,
                            uint8_t* scratch, TextRoom* texts,
                            const CodedColumns& coded = {}) noexcept;

/// Rows as the model takes them, at most kTileRows, in the scratch; fewer where the strings of all
/// have no room, and kBufferTooSmall where those of one have none.
Status model_tile(const BundleView& bundle, const Kernels& kernels, const ColumnView* columns,
                  uint64_t first_row, uint32_t num_rows, uint8_t* scratch, TextRoom* texts,
                  FeatureTile* features) noexcept;

/// A feature matrix straight to the model, past the plan. Element (row, feature) lies at
/// matrix[row * row_stride + feature * feature_stride] (strides in elements); exactly one pointer
/// is set.
void predict_matrix(const BundleView& bundle, const Kernels& kernels, const float* narrow,
                    const double* wide, int64_t row_stride, int64_t feature_stride,
                    uint64_t num_rows, Output output, uint8_t* scratch, double* out) noexcept;

}  // namespace mainspring
