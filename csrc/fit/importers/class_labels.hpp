// Class labels of a classifier whose predict returns them: the section LABL, and what the model's
// header says about the choice.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "fit/importers/model_image.hpp"
#include "runtime/bundle/labels.hpp"
#include "runtime/models/model.hpp"

namespace mainspring {

/// Labels in the order of the classes; `texts` is used for kText, `words` (int64, the bits of a
/// double, 0 or 1) for the others.
struct ClassLabels {
  LabelType type = LabelType::kInteger;
  std::vector<uint64_t> words;
  std::vector<std::string> texts;
};

/// The image of a model whose predict gives labels; several outputs leave `threshold` aside. Throws
/// Error(kData) when there are not as many as classes, two are equal, or one is no finite number or
/// no UTF-8.
ModelImage with_labels(ModelImage image, const ClassLabels& labels, Decision decision,
                       double threshold);

}  // namespace mainspring
