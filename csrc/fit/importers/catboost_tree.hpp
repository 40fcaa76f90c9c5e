// Trees of CatBoost's document, to nodes.
#pragma once
#include <vector>

#include "fit/importers/catboost_categories.hpp"
#include "fit/importers/document.hpp"
#include "fit/importers/write_forest.hpp"

namespace mainspring {

/// A feature of numbers: its column, and where missing values go.
struct CatboostFeature {
  uint32_t column;
  ForestTreatment treatment;
};

/// What splits ask for, each kind by its own numbers.
struct CatboostFeatures {
  std::vector<CatboostFeature> numbers;
  std::vector<uint32_t> columns;  // of features of categories
  CatboostCategories categories;
};

/// Appends a symmetric tree: one split for each level, a leaf for each of their answers.
void read_symmetric_tree(const Document& document, const DocumentValue& value,
                         CatboostFeatures& features, SourceForest* forest);
/// Appends a tree of nested objects.
void read_nested_tree(const Document& document, const DocumentValue& value,
                      CatboostFeatures& features, SourceForest* forest);
/// What the leaf adds: a number, or the number of the row that it becomes in the forest's vectors.
double add_catboost_leaf(const double* values, SourceForest* forest);

}  // namespace mainspring
