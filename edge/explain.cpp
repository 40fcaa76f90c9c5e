// Contributions of features through the C interface. The library for devices has the functions, so
// that a program links with either, and says that it explains nothing: the kernels would add a
// tenth to it.
#include "runtime/models/forest/explain.hpp"
#include "bundle.hpp"
#include "request.hpp"

using namespace mainspring;  // NOLINT: the functions below are C's

#if defined(MAINSPRING_SMALL)

uint64_t mainspring_explain_scratch_bytes(const mainspring_bundle*) { return 0; }

uint32_t mainspring_explain(const mainspring_bundle* bundle, const mainspring_request*, double*,
                            uint64_t, double*, uint64_t, uint64_t* where) {
  return answer(bundle == nullptr ? Code::kInvalidArgument : Code::kNotExplained, 0, where);
}

#else

namespace {

/// What to explain with: `points`, of each tree, may be null. False where nothing can be explained.
bool read_needs(const BundleView& view, uint8_t* points, ExplainRequest* needs) {
  if (view.model.model == nullptr || view.model.model->code != ModelCode::kForest) return false;
  *needs = ExplainRequest{view.model, {}, points, nullptr, 0, false};
  return measure_trees(view_forest(view.model.section), points, &needs->needs) &&
         needs->needs.has_covers;
}

/// The points of all trees, then what a tile is explained in: at the end of the scratch, so that
/// strings have all that comes before.
uint64_t points_bytes(const BundleView& view) {
  return (uint64_t{view_forest(view.model.section).header->num_trees} + 63) & ~uint64_t{63};
}

uint64_t own_bytes(const ExplainRequest& needs, const BundleView& view) {
  return points_bytes(view) + ((explain_scratch_bytes(needs) + 63) & ~uint64_t{63});
}

/// The rows from `done` on as the forest takes them, or the first of them.
Status next_tile(const mainspring_bundle& bundle, Request* rows, uint64_t done, FeatureTile* tile) {
  const uint64_t left = rows->num_rows - done;
  const uint32_t count = left < kTileRows ? static_cast<uint32_t>(left) : kTileRows;
  if (rows->columns != nullptr) {
    return model_tile(bundle.view, *bundle.kernels, rows->columns, done, count, rows->scratch,
                      &rows->texts, tile);
  }
  const int64_t first = static_cast<int64_t>(done) * rows->row_stride;
  *tile = FeatureTile{rows->narrow == nullptr ? nullptr : rows->narrow + first,
                      rows->wide == nullptr ? nullptr : rows->wide + first, count, rows->row_stride,
                      rows->feature_stride};
  return kOkStatus;
}

}  // namespace

uint64_t mainspring_explain_scratch_bytes(const mainspring_bundle* bundle) {
  ExplainRequest needs{};
  if (bundle == nullptr || !read_needs(bundle->view, nullptr, &needs)) return 0;
  return bundle->scratch.length + own_bytes(needs, bundle->view);
}

uint32_t mainspring_explain(const mainspring_bundle* bundle, const mainspring_request* request,
                            double* out, uint64_t out_values, double* bases, uint64_t num_bases,
                            uint64_t* where) {
  if (bundle == nullptr) return answer(Code::kInvalidArgument, 0, where);
  const BundleView& view = bundle->view;
  if (view.model.model == nullptr) return answer(Code::kNoModel, 0, where);
  Request rows;
  const Status status = read_request(*bundle, request, &rows);
  if (!status.ok()) return answer(status, where);
  if (rows.num_trees != 0) return answer(Code::kInvalidArgument, rows.num_trees, where);
  ExplainRequest needs{};
  if (!read_needs(view, nullptr, &needs)) return answer(Code::kNotExplained, 0, where);
  const uint64_t own = own_bytes(needs, view);
  const uint64_t wanted = bundle->scratch.length + own;
  if (request->scratch_bytes < wanted) return answer(Code::kBufferTooSmall, wanted, where);
  const uint32_t num_outputs = view.model.header->num_outputs;
  if (bases == nullptr || num_bases < num_outputs) return answer(Code::kInvalidArgument, 0, where);
  const uint64_t width = uint64_t{num_outputs} * view.plan.num_features;
  if (rows.num_rows != 0) {
    if (out == nullptr) return answer(Code::kInvalidArgument, 0, where);
    if (out_values / width < rows.num_rows) return answer(Code::kBufferTooSmall, 0, where);
  }
  const uint64_t at = request->scratch_bytes / 64 * 64 - own;
  auto* const points = static_cast<uint8_t*>(request->scratch) + at;
  (void)read_needs(view, points, &needs);
  rows.texts.capacity = at - bundle->scratch.texts_at;
  for (uint64_t done = 0; done < rows.num_rows;) {
    FeatureTile tile{};
    const Status ran = next_tile(*bundle, &rows, done, &tile);
    if (!ran.ok()) return answer(ran.code, ran.index + bundle->scratch.texts_at + own, where);
    explain_forest(needs, tile, bundle->kernels->level, points + points_bytes(view),
                   out + done * width, bases);
    done += tile.num_rows;
  }
  return answer(kOkStatus, where);
}

#endif
