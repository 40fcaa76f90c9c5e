// One tree of LightGBM's text, from its fields to nodes.
#pragma once
#include "fit/importers/text_fields.hpp"
#include "fit/importers/write_forest.hpp"

namespace mainspring {

/// Appends the next tree to `forest`, whose num_features and num_outputs are known. Throws
/// Error(kData) for counts, children, features or numbers that contradict each other and
/// Error(kUnsupported) for a decision type that is not known.
void read_lightgbm_tree(const TextFields& text, const FieldBlock& block, SourceForest* forest);

}  // namespace mainspring
