// One tree of XGBoost's document, from its arrays to nodes.
#pragma once
#include "fit/importers/document.hpp"
#include "fit/importers/write_forest.hpp"

namespace mainspring {

/// Appends a tree to `forest`, whose num_features, num_outputs and has_vectors are known; leaves
/// are multiplied by `weight` in float32. Throws Error(kData) for arrays that contradict each
/// other.
void read_xgboost_tree(const Document& document, const DocumentValue& value, uint32_t output,
                       float weight, SourceForest* forest);

}  // namespace mainspring
