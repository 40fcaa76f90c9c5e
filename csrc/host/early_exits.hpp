// Raw scores of a bundle's forest that stop early, over the pool.
#pragma once
#include <memory>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/tile_work.hpp"

namespace mainspring {

/// What the trees that are left may still add, computed once for a bundle. Immutable.
class EarlyExits {
 public:
  /// Throws Error(kUnsupported) for a model that is no forest of one output.
  explicit EarlyExits(std::shared_ptr<const BundleImage> image);

  /// One score for each row. Not to be used longer than this object.
  TileWork work(double threshold) const;
  const std::shared_ptr<const BundleImage>& image() const { return image_; }

 private:
  std::shared_ptr<const BundleImage> image_;
  std::vector<double> low_, high_;
};

}  // namespace mainspring
