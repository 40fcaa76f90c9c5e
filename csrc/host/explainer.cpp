// Blocks of rows to the kernels of forests, or through the terms of a linear model. A row's numbers
// depend on the row alone, so blocks and threads leave no trace in them.
#include "host/explainer.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "host/error.hpp"
#include "host/match_columns.hpp"
#include "host/scratch.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {

namespace {

/// The matrix of one row's pairs has to fit into the scratch of a block.
constexpr uint32_t kMaxPairFeatures = 1024;

double value_of(const FeatureTile& tile, uint32_t row, uint32_t feature) {
  return tile.narrow != nullptr ? static_cast<double>(narrow_of(tile).at(row, feature))
                                : wide_of(tile).at(row, feature);
}

[[noreturn]] void refuse_trees() {
  const std::string most = std::to_string(kMaxExplainLevels) + " levels, and of " +
                           std::to_string(2 * kMaxPoints) + " features on a path";
  throw Error(ErrorKind::kUnsupported,
              "The model's trees are too deep to be explained: expected trees of at most " + most +
                  ". Train with a smaller max_depth.")
      .expected("trees of at most " + most);
}

[[noreturn]] void refuse_kind(const char* kind) {
  throw Error(ErrorKind::kUnsupported,
              std::string("A model of kind '") + kind +
                  "' cannot be explained; expected a forest or a linear model. Explain one of its "
                  "parts, or a forest that was trained on its predictions.")
      .expected("a forest or a linear model")
      .got(kind);
}

[[noreturn]] void refuse_without_covers() {
  constexpr const char* kFix =
      "Pass background= with rows of the training data, take the bundle before it was packed, or "
      "read the model again from what its library saved with all statistics.";
  throw Error(ErrorKind::kUnsupported,
              std::string("The model's trees do not say how many training rows went which way; "
                          "expected the number of rows, or their weight, of each node. ") +
                  kFix)
      .expected("trees with covers")
      .got("none")
      .hint(kFix);
}

}  // namespace

Explainer::Explainer(std::shared_ptr<const BundleImage> image) : image_(std::move(image)) {
  if (model().model == nullptr) {
    throw Error(ErrorKind::kUnsupported,
                "The bundle holds transforms only, expected a model. Save a Predictor.");
  }
  if (model().model->code == ModelCode::kDense) {
    linear_.emplace(model());
    return;
  }
  if (model().model->code != ModelCode::kForest) refuse_kind(model().model->name);
  const ForestView forest = view_forest(model().section);
  points_.resize(forest.header->num_trees);
  if (!measure_trees(forest, points_.data(), &needs_)) refuse_trees();
}

Explainer::Explainer(std::shared_ptr<const BundleImage> image, std::vector<double> means)
    : Explainer(std::move(image)) {
  if (!linear_ && !needs_.has_covers) refuse_without_covers();
  if (linear_) {
    if (means.size() != num_features()) {
      constexpr const char* kFix = "Pass background= with rows of the training data.";
      throw Error(ErrorKind::kParameter,
                  std::string("A linear model is explained against the means of its features, "
                              "which are not known here. ") +
                      kFix)
          .expected("the mean of each feature")
          .hint(kFix);
    }
    means_ = std::move(means);
  }
  finish();
}

Explainer::Explainer(std::shared_ptr<const BundleImage> image, const FeatureMatrix& background)
    : Explainer(std::move(image)) {
  for (uint64_t first = 0; first < background.num_rows; first += kTileRows) {
    add_background(
        tile_of(background, first, std::min<uint64_t>(kTileRows, background.num_rows - first)));
  }
  finish_background();
}

Explainer::Explainer(std::shared_ptr<const BundleImage> image, const Table& background)
    : Explainer(std::move(image)) {
  // One batch after the other, one block after the other: none of it on the pool.
  const TileWork read{0, 0,
                      [this](const FeatureTile& tile, uint8_t*, double*) { add_background(tile); }};
  for (const BatchColumns& batch : match_columns(*image_, background)) {
    work_on_rows(*image_, read, batch.columns.data(), batch.num_rows, nullptr);
  }
  finish_background();
}

void Explainer::add_background(const FeatureTile& tile) {
  num_background_ += tile.num_rows;
  if (linear_) {
    means_.resize(num_features());
    counts_.resize(num_features());
    for (uint32_t row = 0; row < tile.num_rows; ++row) {
      for (uint32_t i = 0; i < num_features(); ++i) {
        const double value = value_of(tile, row, i);
        if (std::isnan(value)) continue;
        means_[i] += value;
        ++counts_[i];
      }
    }
    return;
  }
  const ForestView forest = view_forest(model().section);
  const uint64_t num_values = uint64_t{forest.header->num_slots} + 1;
  std::vector<double> group(8 * num_values);
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    const uint64_t at = background_.size();
    background_.resize(at + num_values);
    background_values(forest, tile, row, group.data(), background_.data() + at);
  }
}

void Explainer::finish_background() {
  if (num_background_ == 0) {
    throw Error(ErrorKind::kParameter,
                "The background has no rows, expected at least one. Pass rows of the training "
                "data.")
        .expected("rows")
        .got("none");
  }
  for (size_t i = 0; i < means_.size(); ++i) means_[i] /= static_cast<double>(counts_[i]);
  finish();
}

/// Bases come with every explanation; here with that of one row, whatever it holds.
void Explainer::finish() {
  bases_.resize(num_outputs());
  if (linear_) {
    const BundleView& view = image_->view();
    predict_matrix(view, process_kernels(), nullptr, means_.data(), 0, 1, 1, OutputKind::kRaw,
                   thread_scratch(scratch_bytes(view)), bases_.data());
    return;
  }
  const std::vector<double> row(num_features());
  std::vector<double> out(uint64_t{num_outputs()} * num_features());
  explain_forest(request(false), {nullptr, row.data(), 1, 0, 1}, process_kernels().level,
                 thread_scratch(explain_scratch_bytes(request(false))), out.data(), bases_.data());
}

ExplainRequest Explainer::request(bool pairs) const {
  return {model(),         needs_,
          points_.data(),  background_.empty() ? nullptr : background_.data(),
          num_background_, pairs};
}

void Explainer::add_terms(const FeatureTile& tile, bool pairs, double* out) const {
  const uint64_t count = num_features(), step = pairs ? count + 1 : 1;
  const uint64_t width = pairs ? count * count : count;
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    for (uint32_t output = 0; output < num_outputs(); ++output, out += width) {
      if (pairs) std::fill_n(out, width, 0.0);
      for (uint32_t i = 0; i < count; ++i) {
        out[i * step] = linear_->weight(output, i) * (linear_->scaled(i, value_of(tile, row, i)) -
                                                      linear_->scaled(i, means_[i]));
      }
    }
  }
}

TileWork Explainer::work(bool pairs) const {
  if (pairs && num_features() > kMaxPairFeatures) {
    const std::string most = "at most " + std::to_string(kMaxPairFeatures);
    throw Error(ErrorKind::kUnsupported, "Interactions of " + std::to_string(num_features()) +
                                             " features are too many, expected " + most +
                                             ". Explain without interactions.")
        .expected(most + " features")
        .got(std::to_string(num_features()));
  }
  const uint64_t width =
      uint64_t{num_outputs()} * num_features() * (pairs ? uint64_t{num_features()} : 1);
  if (linear_) {
    return {width, 0, [this, pairs](const FeatureTile& tile, uint8_t*, double* out) {
              add_terms(tile, pairs, out);
            }};
  }
  // Behind the kernels' own scratch come the bases that they write.
  const ExplainRequest asked = request(pairs);
  const uint64_t own = explain_scratch_bytes(asked);
  return {width, own + num_outputs() * sizeof(double),
          [asked, own](const FeatureTile& tile, uint8_t* scratch, double* out) {
            explain_forest(asked, tile, process_kernels().level, scratch, out,
                           reinterpret_cast<double*>(scratch + own));
          }};
}

}  // namespace mainspring
