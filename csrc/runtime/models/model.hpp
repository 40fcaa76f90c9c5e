// The contract of a model kind: verified once at open, then raw scores for one tile of features.
#pragma once
#include <concepts>
#include <cstdint>

#include "runtime/core/kernels.hpp"
#include "runtime/core/status.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

enum class ModelCode : uint32_t { kForest = 1, kDense = 2, kComposite = 3, kNetwork = 4 };

/// What turns raw scores into what the source library predicts. Stored in bundles, never changes.
enum class Link : uint32_t {
  kIdentity = 0,
  kSigmoid = 1,       // 1 / (1 + exp(-scale * raw))
  kSoftmax = 2,       // over the outputs
  kExp = 3,           // poisson, gamma, tweedie
  kLog1pExp = 4,      // cross_entropy_lambda
  kSignedSquare = 5,  // regression on a square-root scale: sign(raw) * raw^2
  kSigmoidShare = 6,  // sigmoid of every output, divided by their sum: one model for each class
};

/// What the predict of a classifier decides on. Stored in bundles, never changes.
enum class Decision : uint32_t {
  kNone = 0,         // predict gives what comes out of the link
  kRaw = 1,          // predict gives the class of the highest raw score
  kProbability = 2,  // predict gives the class of the highest prediction after the link
};

/// "identity", "sigmoid", "softmax", "exp", "log1pexp", "signed_square" or "sigmoid_share".
const char* link_name(Link link) noexcept;

inline constexpr uint32_t kMaxModelFeatures = 1u << 20;
inline constexpr uint32_t kMaxModelOutputs = 1u << 16;

/// First 64 bytes of the MODEL section, whatever the kind.
struct ModelHeader {
  uint32_t code;  // ModelCode
  uint32_t num_features;
  uint32_t num_outputs;  // raw scores a row
  uint32_t link;         // Link
  double link_scale;
  uint32_t num_classes;  // 0: not a classifier; 2 with one output: probability of the second class
  uint32_t decision;     // Decision; with one, the bundle has labels
  double
      link_divisor;  // predict divides raw scores by it before the link: trees of a random forest
  double threshold;  // of a decision on one output: above it is the second class
  uint32_t reserved[4];
};
static_assert(sizeof(ModelHeader) == 64);

/// The features of one tile; exactly one of the two pointers is set. A number of a row lies at
/// row * row_stride + feature * feature_stride: column by column, kTileRows apart, behind a plan,
/// and anywhere in the caller's matrix.
struct FeatureTile {
  const float* narrow;
  const double* wide;
  uint32_t num_rows;
  int64_t row_stride = 1;
  int64_t feature_stride = kTileRows;
};

/// One of a tile's two kinds of numbers.
template <class T>
struct Strided {
  using Value = T;
  const T* first;
  int64_t row_stride, feature_stride;

  T at(uint32_t row, uint32_t feature) const { return *from(row, feature).first; }
  Strided from(uint32_t row, uint32_t feature) const {
    return {first + static_cast<int64_t>(row) * row_stride +
                static_cast<int64_t>(feature) * feature_stride,
            row_stride, feature_stride};
  }
};
inline Strided<float> narrow_of(const FeatureTile& tile) {
  return {tile.narrow, tile.row_stride, tile.feature_stride};
}
inline Strided<double> wide_of(const FeatureTile& tile) {
  return {tile.wide, tile.row_stride, tile.feature_stride};
}

struct Model;
struct BlockTrees;     // forest/block_trees.hpp
struct ClusterForest;  // forest/cluster_walk.hpp
struct LeafBytes;      // forest/leaf_bytes.hpp
struct QuickBytes;     // forest/quick_bytes.hpp
struct ValueForest;    // forest/value_walk.hpp

/// An opened model: its section, verified.
struct ModelView {
  const Model* model;  // null: the bundle holds transforms only
  const ModelHeader* header;
  const uint8_t* section;
  uint64_t section_length;
#if !defined(MAINSPRING_SMALL)
  // Of a forest, where whoever opened it has made some.
  const ClusterForest* clusters = nullptr;
  const QuickBytes* quick_bytes = nullptr;
  const LeafBytes* leaf_bytes = nullptr;
  const BlockTrees* block_trees = nullptr;
  const ValueForest* value_clusters = nullptr;
#endif
};

/// A model kind is a struct with these static members and no state. verify() trusts nothing in the
/// section, not the header either; after it predict_raw() makes no check. predict_raw() takes a
/// tile, or as many rows as forest/ways.hpp says, writes out[row * num_outputs + output] and needs
/// `scratch` of scratch_bytes() (64-byte aligned). Sums are in the order and the type that the
/// source library uses. kernel_name() says for people which way a tile of so many rows goes; it
/// decides by the model, the number and the instruction set alone.
template <class M>
concept ModelKernel = requires(const ModelView& view, const FeatureTile& features,
                               const Kernels& kernels, uint8_t* scratch, double* out) {
  { M::kCode } -> std::convertible_to<ModelCode>;
  { M::kName } -> std::convertible_to<const char*>;
  { M::verify(view) } noexcept -> std::same_as<Status>;
  { M::scratch_bytes(view) } noexcept -> std::same_as<uint64_t>;
  { M::predict_raw(view, features, kernels, scratch, out) } noexcept -> std::same_as<void>;
  { M::kernel_name(view, uint32_t{1}, IsaLevel{}) } noexcept -> std::same_as<const char*>;
};

struct Model {
  ModelCode code;
  const char* name;
  Status (*verify)(const ModelView&) noexcept;
  uint64_t (*scratch_bytes)(const ModelView&) noexcept;
  void (*predict_raw)(const ModelView&, const FeatureTile&, const Kernels&, uint8_t* scratch,
                      double* out) noexcept;
  const char* (*kernel_name)(const ModelView&, uint32_t num_rows, IsaLevel level) noexcept;
};

template <ModelKernel M>
consteval Model model_of() {
  return Model{M::kCode, M::kName, &M::verify, &M::scratch_bytes, &M::predict_raw, &M::kernel_name};
}

/// All kinds, in ascending order of codes (model_list.cpp).
const Model* const* model_list(uint32_t* count) noexcept;

/// Checks a MODEL section of any kind and fills *view. The index of a bad status is the byte offset
/// in the section.
Status open_model(const uint8_t* section, uint64_t length, ModelView* view) noexcept;

/// A section that open_model() has accepted before.
ModelView view_model(const uint8_t* section, uint64_t length) noexcept;

/// Whether the scores of this classifier become probabilities: one that decides on raw scores
/// without a link has none.
bool has_probabilities(const ModelHeader& header) noexcept;

/// Scores [num_rows][num_outputs], raw or after the link as the model decides, to the number of
/// each row's class: the first of the highest, a NaN counting as the highest. In place only where
/// num_outputs is 1.
void decide(const ModelHeader& header, uint32_t num_rows, const double* scores,
            double* classes) noexcept;

/// Every row of values [num_rows][width] divided by its sum; where that is 0, all have the same
/// share, as in scikit-learn. In place.
void share_rows(double* values, uint32_t num_rows, uint32_t width) noexcept;

/// Raw scores [num_rows][num_outputs] to what the source library's predict returns, in place.
void apply_link(const ModelHeader& header, uint32_t num_rows, double* scores,
                const Kernels& kernels) noexcept;

}  // namespace mainspring
