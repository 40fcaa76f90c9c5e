// The coefficients of a linear model, out of the bytes of its layers.
#pragma once
#include <cstdint>
#include <vector>

#include "runtime/models/model.hpp"

namespace mainspring {

/// Raw score k is weights[k][.] times what becomes of the features one by one, plus a bias.
class LinearTerms {
 public:
  /// Throws Error(kUnsupported) for a model of layers that is not linear.
  explicit LinearTerms(const ModelView& model);

  double weight(uint32_t output, uint32_t feature) const {
    return weights_[uint64_t{output} * num_features_ + feature];
  }
  /// The number that a feature's value becomes before it is weighed.
  double scaled(uint32_t feature, double value) const;

 private:
  struct Scaling {
    bool is_center;  // (x - first) / second; else x * first + second
    std::vector<double> first, second;
  };
  uint32_t num_features_;
  std::vector<Scaling> scalings_;
  std::vector<double> weights_;
};

}  // namespace mainspring
