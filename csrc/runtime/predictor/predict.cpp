// Steps, then the model, one tile after the other, through the caller's scratch: slots of the plan,
// then the features of a tile, then scores that a class is chosen from, then whatever the model
// wants.
#include "runtime/predictor/predict.hpp"

#include "runtime/core/memory.hpp"
#include "runtime/models/forest/part.hpp"
#include "runtime/models/forest/ways.hpp"

namespace mainspring {
namespace {

constexpr uint64_t round_to_64(uint64_t bytes) { return (bytes + 63) & ~uint64_t{63}; }

/// Where the parts of one thread's scratch begin. The model's is the last, whose length only
/// scratch_bytes() asks for: a row would take no longer than finding it.
struct Scratch {
  uint64_t features_at;
  uint64_t scores_at;
  uint64_t model_at;
};

Scratch scratch_of(const BundleView& bundle) {
  const bool has_model = bundle.model.model != nullptr;
  const uint64_t num_features = gives_dense_rows(bundle) ? bundle.plan.num_features : 0;
  const uint64_t feature_bytes = bundle.plan.wide ? sizeof(double) : sizeof(float);
  Scratch scratch{};
  scratch.features_at = uint64_t{bundle.plan.num_slots} * kSlotBytes;
  scratch.scores_at = scratch.features_at + num_features * kTileRows * feature_bytes;
  const bool has_scores =
      has_model && decides_among_outputs(*bundle.model.header, OutputKind::kPredict);
  const uint64_t num_scores = has_scores ? bundle.model.header->num_outputs : 0;
  scratch.model_at = scratch.scores_at + num_scores * kTileRows * sizeof(double);
  return scratch;
}

/// Where rows come from, and the memory that they run in.
struct Rows {
  const BundleView& bundle;
  const Kernels& kernels;
  const ColumnView* columns;
  const CodedColumns& coded;
  uint8_t* scratch;
  TextRoom* texts;
};

/// Runs the plan over one tile; its features go to `narrow`, or to `wide` when the plan is. Of its
/// first rows alone where strings of all of them have no room; of none where those of one have not.
FeatureTile run_tile(const Rows& rows, uint64_t first_row, uint32_t num_rows, float* narrow,
                     double* wide) {
  const PlanView& plan = rows.bundle.plan;
  StepContext context{&rows.kernels, rows.columns, first_row, num_rows, rows.scratch, plan.slots,
                      plan.data,     narrow,       wide,      nullptr,  rows.texts};
#if !defined(MAINSPRING_SMALL)
  context.end = plan.steps + plan.num_steps;
#endif
  for (; context.num_rows != 0; context.num_rows /= 2) {
#if !defined(MAINSPRING_SMALL)  // where nobody brings coded columns
    read_coded_columns(rows.coded, context);
#endif
    run_plan(plan, context);
    if (rows.texts == nullptr || !rows.texts->incomplete) break;
  }
  return {narrow, wide, context.num_rows};
}

/// As above, with the features in the scratch.
FeatureTile run_tile(const Rows& rows, uint64_t first_row, uint32_t num_rows,
                     uint64_t features_at) {
  uint8_t* const features = rows.scratch + features_at;
  const bool is_wide = rows.bundle.plan.wide;
  return run_tile(rows, first_row, num_rows, is_wide ? nullptr : reinterpret_cast<float*>(features),
                  is_wide ? reinterpret_cast<double*>(features) : nullptr);
}

#if !defined(MAINSPRING_SMALL)
/// Runs what is left of the plan over a tile, which shrinks as in run_tile(), and then the model.
uint32_t predict_ranked(const Rows& rows, const RankedPlan& ranked, uint64_t first_row,
                        uint32_t num_rows, OutputKind kind, const Scratch& parts, double* out) {
  auto* features = reinterpret_cast<float*>(rows.scratch + parts.features_at);
  StepContext context{&rows.kernels, rows.columns,      first_row,        num_rows,
                      rows.scratch,  ranked.plan.slots, ranked.plan.data, features,
                      nullptr,       nullptr,           rows.texts};
  uint8_t* const behind = rows.scratch + scratch_bytes(rows.bundle);
  for (; context.num_rows != 0; context.num_rows /= 2) {
    const GivenRanks given = run_ranked_plan(ranked, rows.coded, context, behind);
    if (rows.texts != nullptr && rows.texts->incomplete) continue;
    const FeatureTile tile{features, nullptr, context.num_rows};
    const ModelView& model = rows.bundle.model;
    double* scores = decides_among_outputs(*model.header, kind)
                         ? reinterpret_cast<double*>(rows.scratch + parts.scores_at)
                         : out;
    predict_from_ranks(model, tile, given, rows.kernels, rows.scratch + parts.model_at, scores);
    finish_scores(*model.header, rows.kernels, kind, context.num_rows, scores, out);
    break;
  }
  return context.num_rows;
}
#endif

/// The model's output for one tile, at `out`.
void predict_tile(const BundleView& bundle, const Kernels& kernels, const FeatureTile& features,
                  Output output, uint8_t* scratch, const Scratch& parts, double* out) {
  const ModelView& model = bundle.model;
  uint8_t* const room = scratch + parts.model_at;
  if (output.leaves) {
    find_leaves(model, features, output_width(bundle, output), room, out);
    return;
  }
  double* scores = decides_among_outputs(*model.header, output.kind)
                       ? reinterpret_cast<double*>(scratch + parts.scores_at)
                       : out;
  if (output.num_trees == 0) {
    model.model->predict_raw(model, features, kernels, room, scores);
    finish_scores(*model.header, kernels, output.kind, features.num_rows, scores, out);
    return;
  }
  predict_first_trees(model, features, output.num_trees, room, scores);
  finish_scores(header_of_first_trees(model, output.num_trees), kernels, output.kind,
                features.num_rows, scores, out);
}

#if defined(MAINSPRING_SMALL)
uint32_t most_rows(const BundleView&, Output, uint64_t) { return kTileRows; }
#else
/// Rows of `num_rows` that go to the model at a time: more than a tile where its scores alone are
/// asked for, a place for each, and then shared out evenly.
uint32_t most_rows(const BundleView& bundle, Output output, uint64_t num_rows) {
  const ModelHeader& header = *bundle.model.header;
  const bool has_room = !decides_among_outputs(header, output.kind) &&
                        output_width(header, output.kind) == header.num_outputs;
  if (!has_room || output.num_trees != 0 || output.leaves) return kTileRows;
  const uint64_t most = rows_at_a_time(bundle.model);
  if (most == kTileRows || num_rows <= most) return static_cast<uint32_t>(most);
  const uint64_t num_parts = (num_rows + most - 1) / most;
  return static_cast<uint32_t>((num_rows + num_parts - 1) / num_parts + 7) / 8 * 8;
}

/// The model's output for so many rows, tile by tile behind the model.
void predict_tiles(const ModelView& model, const Kernels& kernels, const FeatureTile& features,
                   OutputKind kind, uint8_t* room, double* out) {
  model.model->predict_raw(model, features, kernels, room, out);
  for (uint32_t done = 0; done < features.num_rows; done += kTileRows) {
    const uint32_t left = features.num_rows - done;
    double* scores = out + uint64_t{done} * model.header->num_outputs;
    finish_scores(*model.header, kernels, kind, left < kTileRows ? left : kTileRows, scores,
                  scores);
  }
}
#endif

Status no_room(const TextRoom& texts) { return {Code::kBufferTooSmall, texts.wanted}; }

uint32_t tile_rows(uint64_t rows_left) {
  return rows_left < kTileRows ? static_cast<uint32_t>(rows_left) : kTileRows;
}

/// Float64 features rounded once to rows of float32: a wide plan has no other use for them.
void narrow_to_rows(const double* columns, uint32_t num_features, uint32_t num_rows, float* out,
                    uint64_t row_stride) {
  for (uint32_t feature = 0; feature < num_features; ++feature) {
    const double* from = columns + uint64_t{feature} * kTileRows;
    for (uint32_t row = 0; row < num_rows; ++row) {
      out[row * row_stride + feature] = static_cast<float>(from[row]);
    }
  }
}

}  // namespace

bool gives_dense_rows(const BundleView& bundle) noexcept {
  return bundle.plan.num_features <= kMaxDenseFeatures || bundle.model.model != nullptr;
}

uint64_t scratch_bytes(const BundleView& bundle) noexcept {
  const ModelView& model = bundle.model;
  return scratch_of(bundle).model_at +
         (model.model != nullptr ? round_to_64(model.model->scratch_bytes(model)) : 0);
}

uint32_t output_width(const BundleView& bundle, Output output) noexcept {
  if (bundle.model.model == nullptr) return 0;
  if (!output.leaves) return output_width(*bundle.model.header, output.kind);
  return output.num_trees != 0 ? output.num_trees : num_trees_of(bundle.model);
}

Status check_output(const BundleView& bundle, Output output) noexcept {
  if (bundle.model.model == nullptr) return {Code::kNoModel, 0};
  const bool has_part =
      output.num_trees == 0 || (output.leaves ? output.num_trees <= num_trees_of(bundle.model)
                                              : has_first_trees(bundle.model, output.num_trees));
  if (!has_part) return {Code::kInvalidArgument, output.num_trees};
  return output_width(bundle, output) != 0 ? kOkStatus : Status{Code::kInvalidArgument, 0};
}

Status check_columns(const BundleView& bundle, const ColumnView* columns) noexcept {
  for (uint32_t i = 0; i < bundle.plan.num_inputs; ++i) {
    if (!feeds(columns[i], static_cast<InputKind>(bundle.plan.inputs[i].kind))) {
      return {Code::kWrongColumnType, i};
    }
  }
  return kOkStatus;
}

Status predict_rows(const BundleView& bundle, const Kernels& kernels, const ColumnView* columns,
                    uint64_t first_row, uint64_t num_rows, Output output, uint8_t* scratch,
                    TextRoom* texts, double* out, const CodedColumns& coded,
                    [[maybe_unused]] const RankedPlan* ranked) noexcept {
  const Scratch parts = scratch_of(bundle);
  const Rows rows{bundle, kernels, columns, coded, scratch, texts};
  const uint32_t width = output_width(bundle, output);
  for (uint64_t done = 0; done < num_rows;) {
#if !defined(MAINSPRING_SMALL)
    const uint32_t count = tile_rows(num_rows - done);
    if (ranked != nullptr && !output.leaves && output.num_trees == 0 &&
        takes_ranks(bundle.model, count, kernels.level)) {
      const uint32_t ran = predict_ranked(rows, *ranked, first_row + done, count, output.kind,
                                          parts, out + done * width);
      if (ran == 0) return no_room(*texts);
      done += ran;
      continue;
    }
#endif
    const FeatureTile features =
        run_tile(rows, first_row + done, tile_rows(num_rows - done), parts.features_at);
    if (features.num_rows == 0) return no_room(*texts);
    predict_tile(bundle, kernels, features, output, scratch, parts, out + done * width);
    done += features.num_rows;
  }
  return kOkStatus;
}

Status transform_rows(const BundleView& bundle, const Kernels& kernels, const ColumnView* columns,
                      uint64_t first_row, uint64_t num_rows, uint8_t* scratch, TextRoom* texts,
                      float* out, uint64_t row_stride, const CodedColumns& coded,
                      bool is_large) noexcept {
  const Scratch parts = scratch_of(bundle);
  const Rows from{bundle, kernels, columns, coded, scratch, texts};
  const bool is_one_column = bundle.plan.num_features == 1 && row_stride == 1 && !bundle.plan.wide;
  for (uint64_t done = 0; done < num_rows;) {
    const uint32_t count = tile_rows(num_rows - done);
    float* rows = out + done * row_stride;
    // A feature as steps store it needs no transposing.
    const FeatureTile features = is_one_column
                                     ? run_tile(from, first_row + done, count, rows, nullptr)
                                     : run_tile(from, first_row + done, count, parts.features_at);
    if (features.num_rows == 0) return no_room(*texts);
    if (features.wide != nullptr) {
      narrow_to_rows(features.wide, bundle.plan.num_features, features.num_rows, rows, row_stride);
    } else if (is_large && row_stride == bundle.plan.num_features && !is_one_column) {
      kernels.stream_rows(features.narrow, bundle.plan.num_features, features.num_rows, rows);
    } else if (!is_one_column) {
      kernels.to_rows(features.narrow, bundle.plan.num_features, features.num_rows, rows,
                      row_stride);
    }
    done += features.num_rows;
  }
  return kOkStatus;
}

const float* transform_tile(const BundleView& bundle, const Kernels& kernels,
                            const ColumnView* columns, uint64_t first_row, uint32_t num_rows,
                            uint8_t* scratch, TextRoom* texts, const CodedColumns& coded) noexcept {
  const Rows rows{bundle, kernels, columns, coded, scratch, texts};
  const FeatureTile features = run_tile(rows, first_row, num_rows, scratch_of(bundle).features_at);
  return features.num_rows == num_rows ? features.narrow : nullptr;
}

Status model_tile(const BundleView& bundle, const Kernels& kernels, const ColumnView* columns,
                  uint64_t first_row, uint32_t num_rows, uint8_t* scratch, TextRoom* texts,
                  FeatureTile* features) noexcept {
  const CodedColumns coded{};
  const Rows rows{bundle, kernels, columns, coded, scratch, texts};
  *features = run_tile(rows, first_row, num_rows, scratch_of(bundle).features_at);
  return features->num_rows != 0 || num_rows == 0 ? kOkStatus : no_room(*texts);
}

void predict_matrix(const BundleView& bundle, const Kernels& kernels, const float* narrow,
                    const double* wide, int64_t row_stride, int64_t feature_stride,
                    uint64_t num_rows, Output output, uint8_t* scratch, double* out) noexcept {
  const Scratch parts = scratch_of(bundle);
  const uint32_t width = output_width(bundle, output);
  const uint32_t most = most_rows(bundle, output, num_rows);
  for (uint64_t done = 0; done < num_rows; done += most) {
    const auto count = static_cast<uint32_t>(num_rows - done < most ? num_rows - done : most);
    const int64_t first = static_cast<int64_t>(done) * row_stride;
    const FeatureTile features{narrow == nullptr ? nullptr : narrow + first,
                               wide == nullptr ? nullptr : wide + first, count, row_stride,
                               feature_stride};
#if !defined(MAINSPRING_SMALL)
    if (count > kTileRows) {
      predict_tiles(bundle.model, kernels, features, output.kind, scratch + parts.model_at,
                    out + done * width);
      continue;
    }
#endif
    predict_tile(bundle, kernels, features, output, scratch, parts, out + done * width);
  }
}

}  // namespace mainspring
