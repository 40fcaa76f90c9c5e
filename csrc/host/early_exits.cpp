// Bounds first, then tiles through runtime predict_early().
#include "host/early_exits.hpp"

#include <string>

#include "host/error.hpp"
#include "runtime/models/forest/early_exit.hpp"

namespace mainspring {

EarlyExits::EarlyExits(std::shared_ptr<const BundleImage> image) : image_(std::move(image)) {
  const ModelView& model = image_->view().model;
  const bool is_forest = model.model != nullptr && model.model->code == ModelCode::kForest;
  if (!is_forest || model.header->num_outputs != 1) {
    const std::string got =
        !is_forest ? "another model" : std::to_string(model.header->num_outputs) + " raw scores";
    throw Error(ErrorKind::kUnsupported,
                "early_exit compares the one raw score of a forest with a threshold, got " + got +
                    ". Leave early_exit out.")
        .expected("a forest with one raw score")
        .got(got);
  }
  const ForestView forest = view_forest(model.section);
  low_.resize(num_exits(*forest.header));
  high_.resize(low_.size());
  exit_bounds(forest, low_.data(), high_.data());
}

TileWork EarlyExits::work(double threshold) const {
  const ForestView forest = view_forest(image_->view().model.section);
  const EarlyExit exit{low_.data(), high_.data(), threshold};
  return {1, early_exit_scratch_bytes(forest),
          [forest, exit](const FeatureTile& tile, uint8_t* scratch, double* out) {
            predict_early(forest, exit, tile, scratch, out);
          }};
}

}  // namespace mainspring
