// What each feature adds to the raw scores of a bundle's model, over the pool: Shapley values of
// forests, terms of linear models.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/linear_terms.hpp"
#include "host/table.hpp"
#include "host/tile_work.hpp"
#include "runtime/models/forest/explain.hpp"

namespace mainspring {

/// Immutable once made; safe to use from many threads.
class Explainer {
 public:
  /// Without a background: a forest takes the covers of its nodes, a linear model `means` of its
  /// features. Throws Error(kUnsupported) for a model that cannot be explained so.
  Explainer(std::shared_ptr<const BundleImage> image, std::vector<double> means);
  /// With rows that stand for what is not known; Error(kParameter) when there are none.
  Explainer(std::shared_ptr<const BundleImage> image, const FeatureMatrix& background);
  Explainer(std::shared_ptr<const BundleImage> image, const Table& background);

  /// What contributions are added to, one for each raw score.
  const std::vector<double>& bases() const { return bases_; }
  uint32_t num_features() const { return model().header->num_features; }
  uint32_t num_outputs() const { return model().header->num_outputs; }
  const std::shared_ptr<const BundleImage>& image() const { return image_; }

  /// Writes [output][feature] for each row, or with `pairs` [output][feature][feature]. Throws
  /// Error(kUnsupported) for pairs of too many features. Not to be used longer than this object.
  TileWork work(bool pairs) const;

 private:
  explicit Explainer(std::shared_ptr<const BundleImage> image);
  const ModelView& model() const { return image_->view().model; }
  ExplainRequest request(bool pairs) const;
  void add_background(const FeatureTile& tile);
  void finish_background();
  void finish();
  void add_terms(const FeatureTile& tile, bool pairs, double* out) const;

  std::shared_ptr<const BundleImage> image_;
  std::optional<LinearTerms> linear_;
  std::vector<double> means_;       // of a linear model's features
  std::vector<uint64_t> counts_;    // that they are of, while a background is read
  ExplainNeeds needs_{};            // of a forest
  std::vector<uint8_t> points_;     // of its trees
  std::vector<double> background_;  // values of its slots
  uint32_t num_background_ = 0;
  std::vector<double> bases_;
};

}  // namespace mainspring
