// Thresholds of each slot sorted, and nodes that say their place among them.
#include "compile_forest.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "gpu_error.hpp"

namespace mainspring::gpu {

namespace {

bool is_leaf(const ForestNode& node) { return node.value == 0; }
bool has_set(const ForestNode& node) { return (node.value & kForestSetNode) != 0; }
uint32_t slot_of(const ForestNode& node) { return (node.value & ~kForestSetNode) - 1; }

[[noreturn]] void refuse(const std::string& what, uint64_t count, uint64_t limit) {
  throw GpuError(MS_GPU_UNSUPPORTED, "The forest has " + std::to_string(count) + " " + what +
                                         ", and a GPU takes " + std::to_string(limit) +
                                         ". Predict on the CPU.");
}

class ForestCompiler {
 public:
  explicit ForestCompiler(const ForestView& forest) : forest_(forest) {}

  CompiledForest compile() {
    if (forest_.header->num_slots >= kSetFlag - 1) {
      refuse("slots of features", forest_.header->num_slots, kSetFlag - 2);
    }
    collect_thresholds();
    for (uint32_t t = 0; t < forest_.header->num_trees; ++t) {
      compiled_.trees.push_back({forest_.trees[t].first_node, forest_.trees[t].output});
    }
    for (uint32_t i = 0; i < forest_.header->num_nodes; ++i) add_node(forest_.nodes[i]);
    return std::move(compiled_);
  }

 private:
  void collect_thresholds() {
    std::vector<std::vector<double>> of_slots(forest_.header->num_slots);
    for (uint32_t i = 0; i < forest_.header->num_nodes; ++i) {
      const ForestNode& node = forest_.nodes[i];
      if (!is_leaf(node) && !has_set(node)) of_slots[slot_of(node)].push_back(node.threshold);
    }
    for (uint32_t i = 0; i < of_slots.size(); ++i) {
      std::vector<double>& thresholds = of_slots[i];
      std::sort(thresholds.begin(), thresholds.end());
      thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
      if (thresholds.size() >= kAboveAll) {
        refuse("thresholds of feature " + std::to_string(forest_.slots[i].feature),
               thresholds.size(), kAboveAll - 1);
      }
      compiled_.slots.push_back({forest_.slots[i].feature, forest_.slots[i].treatment,
                                 static_cast<uint32_t>(compiled_.thresholds.size()),
                                 static_cast<uint32_t>(thresholds.size())});
      compiled_.thresholds.insert(compiled_.thresholds.end(), thresholds.begin(), thresholds.end());
    }
  }

  void add_node(const ForestNode& node) {
    compiled_.leaves.push_back(is_leaf(node) ? node.leaf : 0.0);
    if (is_leaf(node)) {
      compiled_.nodes.push_back({0, kLeaf, 0});
      return;
    }
    const uint32_t slot = slot_of(node);
    if (has_set(node)) {
      compiled_.nodes.push_back(
          {node.left, static_cast<uint16_t>(slot | kSetFlag), number_of_set(node)});
      return;
    }
    const DeviceSlot& place = compiled_.slots[slot];
    const auto first = compiled_.thresholds.begin() + place.first_threshold;
    const auto found = std::lower_bound(first, first + place.num_thresholds, node.threshold);
    compiled_.nodes.push_back(
        {node.left, static_cast<uint16_t>(slot), static_cast<uint16_t>(found - first)});
  }

  uint16_t number_of_set(const ForestNode& node) {
    if (uint64_t{node.set.num_words} * 32 > kAboveAll) {
      refuse("categories of a feature", uint64_t{node.set.num_words} * 32, kAboveAll);
    }
    const auto [found, added] = set_numbers_.try_emplace(
        {node.set.first_word, node.set.num_words}, static_cast<uint32_t>(compiled_.sets.size()));
    if (added) compiled_.sets.push_back({node.set.first_word, node.set.num_words});
    if (found->second > UINT16_MAX) refuse("sets of categories", compiled_.sets.size(), UINT16_MAX);
    return static_cast<uint16_t>(found->second);
  }

  const ForestView& forest_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> set_numbers_;
  CompiledForest compiled_;
};

}  // namespace

CompiledForest compile_forest(const ForestView& forest) { return ForestCompiler(forest).compile(); }

}  // namespace mainspring::gpu
