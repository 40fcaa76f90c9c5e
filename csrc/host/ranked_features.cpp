// As CodedTable decides, for a table whose strings all have dictionaries.
#include "host/ranked_features.hpp"

#include <algorithm>

#include "host/coded_plan.hpp"
#include "host/coded_table.hpp"
#include "host/ranked_forest.hpp"

namespace mainspring {
namespace {

std::vector<uint32_t> in_order(std::vector<uint32_t> features) {
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  return features;
}

/// Whether a node of the forest compares the feature or looks for its category.
bool is_asked_for(const SlicedView& view, uint32_t feature) {
  const auto is_it = [&](const auto& record) { return record.feature == feature; };
  return std::any_of(view.columns, view.columns + view.header->num_columns, is_it) ||
         std::any_of(view.categories, view.categories + view.header->num_category_features, is_it);
}

}  // namespace

RankedFeatures ranked_features(const BundleImage& bundle) {
  RankedFeatures found{{}, {}, kFewestCodedRows, kFewestCodedRows};
  if (!has_ranked_features(bundle.view())) return found;
  for (const FoldedColumn& column : bundle.ranked_forest()->columns) {
    found.folded.push_back(column.column.feature);
  }
  const PlanView& plan = bundle.view().plan;
  std::vector<bool> coded(plan.num_inputs);
  for (uint32_t input = 0; input < plan.num_inputs; ++input) {
    coded[input] = plan.inputs[input].kind == static_cast<uint8_t>(InputKind::kBytes);
  }
  const SlicedView view = program_of(bundle.view());
  for (const CodedInput& input : code_plan(plan, std::move(coded)).inputs) {
    for (const uint32_t feature : input.features) {
      if (is_asked_for(view, feature)) found.coded.push_back(feature);
    }
  }
  found.folded_from_rows = fewest_folded_rows(bundle.view());
  found.folded = in_order(std::move(found.folded));
  found.coded = in_order(std::move(found.coded));
  return found;
}

}  // namespace mainspring
