// Three levels of a tree at a time, from its root on; what a node compares is read from the steps
// of the program, and the codes of leaves from the bit nodes.
#include "host/cluster_forest.hpp"

#include <algorithm>
#include <bit>

#include "host/even_turns.hpp"
#include "host/made_forms.hpp"

namespace mainspring {

namespace {

constexpr uint8_t kNever = 255;  // no rank is greater
/// Of eight trees those with even numbers come first.
constexpr size_t place_of_ways(size_t tree) { return tree / 8 * 8 + tree % 2 * 4 + tree % 8 / 2; }
constexpr size_t kMostClusters = UINT32_MAX / sizeof(Cluster);  // that 32 bits count the bytes of

class ClusterMaker {
 public:
  ClusterMaker(const ForestView& forest, const SlicedView& program, OwnedClusters& made)
      : forest_(forest), program_(program), made_(made) {}

  /// False where the program does not say what the trees say, which nobody has checked.
  bool add_tree(uint32_t number) {
    tree_ = &forest_.trees[number];
    sliced_ = &program_.trees[number];
    number_steps();
    tops_.clear();
    turn_ = 1;
    const Cluster top = cluster_at(0, 0);
    made_.top_rows[number] = top.rows;
    made_.top_ranks[number] = top.ranks;
    made_.first_leaves[number] = sliced_->first_leaf;
    made_.top_ways[place_of_ways(number)] = top.ways;
    made_.firsts[number] = static_cast<uint32_t>(made_.clusters.size() * sizeof(Cluster));
    for (size_t i = 0, end = 0; is_sound_ && i < tops_.size(); ++i) {
      if (i == end) {  // those of a turn lie behind those of the one before
        end = tops_.size();
        ++turn_;
      }
      made_.clusters.push_back(cluster_at(tops_[i], i));
      is_sound_ &= tops_.size() < std::min(tree_->num_nodes, kClusterLeaf);  // no node twice
    }
    return is_sound_;
  }

  /// Of all trees that were added.
  const std::vector<uint64_t>& leaves() const { return leaves_; }

 private:
  uint32_t left_of(uint32_t node) const {
    return forest_.nodes[tree_->first_node + node].left - tree_->first_node;
  }
  bool is_leaf(uint32_t node) const { return left_of(node) == node; }

  /// Inner nodes have a step each, in their order; those of a symmetric tree one for each level,
  /// the lowest first.
  void number_steps() {
    steps_.assign(tree_->num_nodes, 0);
    uint32_t next = 0;
    for (uint32_t node = 0; node < tree_->num_nodes; ++node) {
      if (is_leaf(node)) continue;
      const auto level = static_cast<uint32_t>(std::bit_width(node + 1)) - 1;
      steps_[node] = is_symmetric(*sliced_) ? sliced_->num_planes - 1 - level : next++;
    }
  }

  SlicedCondition condition_of(uint32_t node) {
    is_sound_ &= steps_[node] < sliced_->num_steps;
    if (!is_sound_) return {};
    return program_.conditions[program_.steps[sliced_->first_step + steps_[node]].condition];
  }

  uint32_t code_of(uint32_t leaf) {
    const uint32_t code = program_.bit_nodes[tree_->first_node + leaf] & (kMaxBits - 1);
    is_sound_ &= code >> sliced_->num_planes == 0;
    return is_sound_ ? code : 0;
  }

  /// The cluster that begins with this node, of this number.
  Cluster cluster_at(uint32_t top, size_t number) {
    Cluster cluster{};
    cluster.ranks.bytes[kClusterNodes] = kNever;
    uint32_t nodes[kClusterNodes + kClusterExits] = {top};
    for (uint32_t k = 0; k < kClusterNodes; ++k) {
      const uint32_t node = nodes[k];
      if (is_leaf(node)) {
        cluster.ranks.bytes[k] = kNever;
        nodes[2 * k + 1] = nodes[2 * k + 2] = node;
        continue;
      }
      const SlicedCondition condition = condition_of(node);
      cluster.rows.bytes[k] = static_cast<uint8_t>(condition.column);
      cluster.ranks.bytes[k] = static_cast<uint8_t>(condition.rank);
      nodes[2 * k + 1] = left_of(node);
      nodes[2 * k + 2] = left_of(node) + 1;
    }
    leaves_.resize(std::max<size_t>(leaves_.size(), turn_));
    for (uint32_t i = 0; i < kClusterExits; ++i) {
      const uint32_t node = nodes[kClusterNodes + i];
      if (is_leaf(node)) {
        leaves_[turn_ - 1] += i == 0 || nodes[kClusterNodes + i - 1] != node ? 1 : 0;
        cluster.ways.exits[i] = static_cast<uint16_t>(kClusterLeaf | code_of(node));
      } else {
        cluster.ways.exits[i] = static_cast<uint16_t>(tops_.size() - number);
        tops_.push_back(node);
      }
    }
    return cluster;
  }

  const ForestView& forest_;
  const SlicedView& program_;
  OwnedClusters& made_;
  const ForestTree* tree_ = nullptr;
  const SlicedTree* sliced_ = nullptr;
  bool is_sound_ = true;
  std::vector<uint32_t> steps_;  // of the tree's inner nodes
  std::vector<uint32_t> tops_;   // nodes that clusters begin with, but for the first
  uint32_t turn_ = 1;
  std::vector<uint64_t> leaves_;  // found in each turn
};

}  // namespace

std::shared_ptr<const OwnedClusters> make_clusters(const BundleView& bundle) {
  const ForestView forest = view_forest(bundle.model.section);
  if (forest.program == nullptr || cluster_walk_avx512() == nullptr || !looks_up_bytes()) return {};
  const SlicedView program = view_sliced(forest.program, *forest.header);
  const SlicedHeader& header = *program.header;
  if (header.num_bits == 0 || header.num_category_features != 0 ||
      2 * header.num_columns > kMaxClusterRows) {
    return {};
  }
  auto made = std::make_shared<OwnedClusters>();
  const size_t num_tops = (size_t{forest.header->num_trees} + 7) / 8 * 8;
  made->top_rows.resize(num_tops);
  made->top_ranks.resize(num_tops);
  made->top_ways.resize(num_tops);
  made->firsts.resize(num_tops);
  made->first_leaves.resize(num_tops);
  ClusterMaker maker(forest, program, *made);
  for (uint32_t i = 0; i < forest.header->num_trees; ++i) {
    if (!maker.add_tree(i) || made->clusters.size() > kMostClusters) return {};
  }
  made->forest.top_rows = made->top_rows.data();
  made->forest.top_ranks = made->top_ranks.data();
  made->forest.top_ways = made->top_ways.data();
  made->forest.firsts = made->firsts.data();
  made->forest.first_leaves = made->first_leaves.data();
  made->forest.clusters = made->clusters.data();
  made->forest.even_turns = even_turns(maker.leaves());
  made->forest.num_turns = static_cast<uint32_t>(maker.leaves().size());
  return made;
}

}  // namespace mainspring
