// Models that are made of other models, as readers give them, and their way into the bytes of a
// MODEL section.
#pragma once
#include <cstdint>
#include <vector>

#include "fit/importers/model_image.hpp"
#include "runtime/models/composite/composite.hpp"

namespace mainspring {

struct SourceComposite {
  struct Node {
    CompositeKind kind = CompositeKind::kGather;
    uint32_t width = 0;
    std::vector<CompositeInput> inputs;
    std::vector<double> numbers;
    uint32_t part = 0;
    OutputKind output = OutputKind::kPredict;
  };
  uint32_t num_features = 0;
  std::vector<std::vector<uint8_t>> parts;  // MODEL sections
  std::vector<Node> nodes;                  // the last one's columns are the raw scores
  uint32_t num_classes = 0;
  /// The part whose link, scale, divisor and classes are those of the whole: the last node gives
  /// its raw scores. Below 0: no link, and `num_classes`.
  int64_t finished_by = -1;
};

/// The MODEL section. Throws Error(kData) when nodes do not go together, a number is not finite, or
/// there are too many of anything.
std::vector<uint8_t> write_composite(const SourceComposite& source);

}  // namespace mainspring
