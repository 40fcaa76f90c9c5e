// Which parts of a forest are models of their own; forest.cpp walks through them.
#include "runtime/models/forest/part.hpp"

#include "runtime/models/forest/slot_values.hpp"

namespace mainspring {

uint32_t num_base_trees(const ForestView& forest) noexcept {
  const uint32_t num_trees = forest.header->num_trees;
  if (num_trees == 0) return 0;
  const ForestTree& last = forest.trees[num_trees - 1];
  return last.num_nodes == 1 && forest.ids[last.first_node] == kForestBaseId ? 1 : 0;
}

uint32_t num_trees_of(const ModelView& model) noexcept {
  if (model.model == nullptr || model.model->code != ModelCode::kForest) return 0;
  const ForestView forest = view_forest(model.section);
  return forest.header->num_trees - num_base_trees(forest);
}

namespace {

/// Trees that a round of training adds: one for each output, unless leaves hold all of them.
uint32_t round_of(const ModelView& model) {
  return view_forest(model.section).header->leaf_width == 1 ? model.header->num_outputs : 1;
}

uint32_t leaf_of(const ForestView& forest, const ForestTree& tree, const double* values) {
  uint32_t at = tree.first_node;
  while (forest.nodes[at].value != 0) {
    const ForestNode& node = forest.nodes[at];
    const double value = values[uint64_t{node.value & ~kForestSetNode} * kChains];
    const bool left = (node.value & kForestSetNode) != 0 ? in_set(forest.set_words, node, value)
                                                         : value <= node.threshold;
    at = node.left + static_cast<uint32_t>(!left);
  }
  return at;
}

bool averages(const ModelHeader& header) { return header.link_divisor != 1; }

}  // namespace

bool has_first_trees(const ModelView& model, uint32_t num_trees) noexcept {
  const uint32_t known = num_trees_of(model);
  if (num_trees < 1 || num_trees > known) return false;
  const uint32_t round = round_of(model);
  const uint32_t all = view_forest(model.section).header->num_trees;
  return num_trees % round == 0 && (!averages(*model.header) ||
                                    model.header->link_divisor == static_cast<double>(all / round));
}

ModelHeader header_of_first_trees(const ModelView& model, uint32_t num_trees) noexcept {
  ModelHeader header = *model.header;
  if (averages(header)) header.link_divisor = static_cast<double>(num_trees / round_of(model));
  return header;
}

void find_leaves(const ModelView& model, const FeatureTile& features, uint32_t num_trees,
                 uint8_t* scratch, double* out) noexcept {
  const ForestView forest = view_forest(model.section);
  auto* values = reinterpret_cast<double*>(scratch);
  for (uint32_t first = 0; first < features.num_rows; first += kChains) {
    const uint32_t left = features.num_rows - first;
    const uint32_t count = left < kChains ? left : kChains;
    fill_group(forest, features, first, count, values);
    for (uint32_t t = 0; t < num_trees; ++t) {
      for (uint32_t k = 0; k < count; ++k) {
        out[uint64_t{first + k} * num_trees + t] =
            static_cast<double>(forest.ids[leaf_of(forest, forest.trees[t], values + k)]);
      }
    }
  }
}

}  // namespace mainspring
