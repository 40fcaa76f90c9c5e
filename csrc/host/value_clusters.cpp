// Three levels of a tree at a time, from its root on. A threshold is rounded down to a float32,
// which no float32 lies between.
#include "host/value_clusters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/bundle_image.hpp"
#include "host/even_turns.hpp"
#include "host/large_pages.hpp"
#include "host/made_forms.hpp"

namespace mainspring {

namespace {

bool is_taken(const ForestView& forest) {
  const ForestHeader& header = *forest.header;
  if (forest.program != nullptr || header.num_nodes >= kValueLeaf ||
      header.num_vectors >= kValueLeaf ||
      static_cast<ForestInput>(header.input) != ForestInput::kRoundedToFloat) {
    return false;
  }
  for (uint32_t i = 0; i < header.num_trees; ++i) {
    if (forest.trees[i].has_sets != 0) return false;
  }
  return true;
}

/// The column of each slot, one for each feature; empty where there are too many.
std::vector<uint8_t> columns_of(const ForestView& forest) {
  std::vector<uint32_t> features;
  std::vector<uint8_t> columns;
  for (uint32_t i = 0; i < forest.header->num_slots; ++i) {
    const uint32_t feature = forest.slots[i].feature;
    const auto found = std::find(features.begin(), features.end(), feature);
    columns.push_back(static_cast<uint8_t>(found - features.begin()));
    if (found == features.end()) features.push_back(feature);
    if (features.size() > kMaxClusterColumns) return {};
  }
  return columns;
}

float rounded_down(double threshold) {
  const auto rounded = static_cast<float>(threshold);
  if (static_cast<double>(rounded) <= threshold) return rounded;
  return std::nextafter(rounded, -std::numeric_limits<float>::infinity());
}

/// Clusters are numbered as they are reached, tree by tree, those of the same level side by side.
class Maker {
 public:
  Maker(const ForestView& forest, OwnedValueClusters& made) : forest_(forest), made_(made) {}

  /// False where nodes have two parents, which nobody has checked.
  bool add_tree(const ForestTree& tree) {
    tops_.clear();
    first_ = made_.clusters.size();
    made_.firsts.push_back(exit_to(tree.first_node));
    turn_ = 0;
    for (size_t i = 0, end = 0; i < tops_.size(); ++i) {
      if (i == end) {  // those of a turn lie behind those of the one before
        end = tops_.size();
        leaves_.resize(std::max<size_t>(leaves_.size(), ++turn_));
      }
      if (tops_.size() > tree.num_nodes / 2) return false;  // more than there are inner nodes
      add_cluster(tops_[i]);
    }
    return made_.leaves.size() < kValueLeaf;
  }

  /// Of all trees that were added.
  const std::vector<uint64_t>& leaves() const { return leaves_; }

 private:
  bool is_leaf(uint32_t node) const { return forest_.nodes[node].left == node; }

  uint32_t exit_to(uint32_t node) {
    if (!is_leaf(node)) {
      tops_.push_back(node);
      return static_cast<uint32_t>(first_ + tops_.size() - 1);
    }
    const double leaf = forest_.nodes[node].leaf;
    if (turn_ != 0) ++leaves_[turn_ - 1];
    if (forest_.header->leaf_width != 1) return kValueLeaf | static_cast<uint32_t>(leaf);
    made_.leaves.push_back(leaf);
    return kValueLeaf | static_cast<uint32_t>(made_.leaves.size() - 1);
  }

  /// Leaves above the last level are given their exits once for each way that would lead on.
  void add_cluster(uint32_t top) {
    ValueCluster cluster{};
    uint32_t nodes[kValueClusterNodes + kValueClusterExits] = {top};
    for (uint32_t k = 0; k < kValueClusterNodes; ++k) {
      const ForestNode& node = forest_.nodes[nodes[k]];
      nodes[2 * k + 1] = nodes[2 * k + 2] = nodes[k];
      if (is_leaf(nodes[k])) continue;
      cluster.thresholds[k] = rounded_down(node.threshold);
      cluster.columns[k] = made_.columns[node.value - 1];
      nodes[2 * k + 1] = node.left;
      nodes[2 * k + 2] = node.left + 1;
    }
    uint32_t last = top, exit = 0;
    for (uint32_t i = 0; i < kValueClusterExits; ++i) {
      const uint32_t node = nodes[kValueClusterNodes + i];
      if (node != last) exit = exit_to(node);
      last = node;
      cluster.low_exits[i] = static_cast<uint16_t>(exit);
      cluster.high_exits[i] = static_cast<uint8_t>(exit >> 16);
    }
    made_.clusters.push_back(cluster);
  }

  const ForestView& forest_;
  OwnedValueClusters& made_;
  std::vector<uint32_t> tops_;  // nodes that the tree's clusters begin with
  size_t first_ = 0;            // number of the tree's first cluster
  uint32_t turn_ = 0;
  std::vector<uint64_t> leaves_;  // found in each turn
};

}  // namespace

std::shared_ptr<const OwnedValueClusters> make_value_clusters(const BundleView& bundle) {
  const ForestView forest = view_forest(bundle.model.section);
  if (value_walk_avx512() == nullptr || process_kernels().level != IsaLevel::kAvx512 ||
      !is_taken(forest)) {
    return {};
  }
  auto made = std::make_shared<OwnedValueClusters>();
  made->columns = columns_of(forest);
  if (made->columns.empty()) return {};
  Maker maker(forest, *made);
  // One for each inner node would be the most; what is not needed is never touched.
  made->clusters.reserve(forest.header->num_nodes / 2);
  prefer_large_pages(made->clusters.data(), made->clusters.capacity() * sizeof(ValueCluster));
  made->firsts.reserve((uint64_t{forest.header->num_trees} + 7) / 8 * 8);
  for (uint32_t i = 0; i < forest.header->num_trees; ++i) {
    if (!maker.add_tree(forest.trees[i])) return {};
  }
  made->firsts.resize((made->firsts.size() + 7) / 8 * 8);
  made->forest = {made->clusters.data(),
                  made->firsts.data(),
                  made->leaves.data(),
                  made->columns.data(),
                  *std::max_element(made->columns.begin(), made->columns.end()) + 1u,
                  even_turns(maker.leaves()),
                  static_cast<uint32_t>(maker.leaves().size()),
                  looks_up_bytes()};
  return made;
}

}  // namespace mainspring
