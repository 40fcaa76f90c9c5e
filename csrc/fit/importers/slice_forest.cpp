// Columns of ranks, distinct conditions, then each tree's steps, planes and leaves.
#include "fit/importers/slice_forest.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "fit/importers/leaf_codes.hpp"
#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

namespace {

/// More inner nodes to a tree than this: a walk of a few dozen levels is shorter than a pass over
/// all of them for a block of rows.
constexpr uint32_t kMaxMeanSteps = 1500;

/// The sums of a block have to stay in the caches.
constexpr uint32_t kMaxOutputs = 256;

/// The thresholds of one feature under one treatment, over all slots that share its ranks.
using ColumnKey = std::pair<uint32_t, ForestTreatment>;

bool is_above(ForestTreatment treatment) {
  return treatment == ForestTreatment::kNanRight || treatment == ForestTreatment::kZeroRight;
}

/// The treatment that says what is missing, whichever way it goes then.
ForestTreatment column_treatment(ForestTreatment treatment) {
  switch (treatment) {
    case ForestTreatment::kNanLeft: return ForestTreatment::kNanRight;
    case ForestTreatment::kZeroLeft: return ForestTreatment::kZeroRight;
    default: return treatment;
  }
}

class ForestSlicer {
 public:
  explicit ForestSlicer(const ForestView& forest) : forest_(forest) {}

  std::vector<uint8_t> slice() {
    const uint64_t num_trees = forest_.header->num_trees;
    if (num_trees == 0 || forest_.header->leaf_width != 1 ||
        forest_.header->num_nodes / 2 > kMaxMeanSteps * num_trees)
      return {};
    if (!add_columns()) return {};
    for (uint32_t i = 0; i < num_trees; ++i) {
      if (!add_tree(forest_.trees[i])) return {};
    }
    number_conditions();
    add_quick_form();
    return bytes();
  }

 private:
  struct RankedColumn {
    uint32_t first_number = 0;  // of the columns that hold its thresholds, kMaxRanks each
    std::vector<double> thresholds;
  };

  const ForestSlot& slot_of(const ForestNode& node) const {
    return forest_.slots[(node.value & ~kForestSetNode) - 1];
  }
  static ColumnKey key_of(const ForestSlot& slot) {
    return {slot.feature, column_treatment(static_cast<ForestTreatment>(slot.treatment))};
  }

  bool add_columns() {
    for (uint32_t i = 0; i < forest_.header->num_nodes; ++i) {
      const ForestNode& node = forest_.nodes[i];
      if (node.value == 0) continue;
      RankedColumn& column = ranked_[key_of(slot_of(node))];
      if ((node.value & kForestSetNode) == 0) {
        column.thresholds.push_back(node.threshold);
      } else if (!set_is_small(node)) {
        return false;
      }
    }
    for (auto& [key, column] : ranked_) {
      std::vector<double>& all = column.thresholds;
      std::sort(all.begin(), all.end());
      all.erase(std::unique(all.begin(), all.end()), all.end());
      column.first_number = static_cast<uint32_t>(columns_.size());
      if (is_category(key.second)) {
        add_column(key, {});
        continue;
      }
      for (size_t first = 0; first < all.size(); first += kMaxRanks) {
        add_column(key,
                   std::span(all).subspan(first, std::min<size_t>(kMaxRanks, all.size() - first)));
      }
    }
    return true;
  }

  /// Category 255 stands for all that are unknown, and is in no set.
  bool set_is_small(const ForestNode& node) const {
    const uint32_t* words = forest_.set_words + node.set.first_word;
    for (uint32_t i = 8; i < node.set.num_words; ++i) {
      if (words[i] != 0) return false;
    }
    return node.set.num_words < 8 || words[7] >> 31 == 0;
  }

  void add_column(const ColumnKey& key, std::span<const double> thresholds) {
    SlicedColumn column{};
    column.feature = key.first;
    column.treatment = static_cast<uint32_t>(key.second);
    column.first_threshold = static_cast<uint32_t>(thresholds_.size());
    column.num_thresholds = static_cast<uint32_t>(thresholds.size());
    if (!is_category(key.second)) {
      add_cells(thresholds, column);
      thresholds_.insert(thresholds_.end(), thresholds.begin(), thresholds.end());
      thresholds_.insert(thresholds_.end(), kMaxCompares, std::numeric_limits<double>::infinity());
    }
    columns_.push_back(column);
  }

  /// The kernels' own arithmetic: one subtraction, one product.
  static uint32_t cell_of(double value, const SlicedColumn& column) {
    const double last = column.num_cells - 1.0;
    double cell = (value - column.low) * column.scale;
    cell = cell > 0.0 ? cell : 0.0;
    cell = cell < last ? cell : last;
    return static_cast<uint32_t>(static_cast<int32_t>(cell));
  }

  /// As few cells as leave at most two thresholds in each, if any number does; else as many as
  /// leave at most kMaxCompares.
  void add_cells(std::span<const double> thresholds, SlicedColumn& column) {
    const auto is_finite = [](double value) { return std::isfinite(value); };
    const auto first = std::find_if(thresholds.begin(), thresholds.end(), is_finite);
    const auto last = std::find_if(thresholds.rbegin(), thresholds.rend(), is_finite);
    if (first == thresholds.end() || thresholds.size() < 4) return;
    const double range = *last - *first;
    std::vector<uint32_t> held;
    const auto try_cells = [&](uint32_t num_cells) {
      column.low = *first;
      column.scale = (num_cells - 2) / range;
      column.num_cells = num_cells;
      if (!std::isfinite(column.scale) || !(column.scale > 0)) return kMaxRanks;
      held.assign(num_cells, 0);
      for (const double threshold : thresholds) ++held[cell_of(threshold, column)];
      return *std::max_element(held.begin(), held.end());
    };
    uint32_t best = kMaxRanks, best_cells = 0;
    for (uint32_t cells = 64; cells <= kMaxCells; cells *= 2) {
      const uint32_t most = try_cells(cells);
      if (most < best) {
        best = most;
        best_cells = cells;
      }
      if (most <= 2) break;
    }
    if (best > kMaxCompares) {
      column.low = column.scale = 0;
      column.num_cells = 0;
      return;
    }
    try_cells(best_cells);
    column.num_compares = best;
    column.first_cell = static_cast<uint32_t>(cells_.size());
    uint32_t before = 0;
    for (const uint32_t count : held) {
      cells_.push_back(static_cast<uint8_t>(before));
      before += count;
    }
  }

  SlicedCondition condition_of(const ForestNode& node) const {
    const ForestSlot& slot = slot_of(node);
    const RankedColumn& column = ranked_.at(key_of(slot));
    if ((node.value & kForestSetNode) != 0) {
      const uint32_t num_words = std::min(node.set.num_words, 8u);
      return {2 * column.first_number, node.set.first_word << 4 | num_words};
    }
    const auto at =
        std::lower_bound(column.thresholds.begin(), column.thresholds.end(), node.threshold);
    const auto rank = static_cast<uint32_t>(at - column.thresholds.begin());
    const bool above = is_above(static_cast<ForestTreatment>(slot.treatment));
    return {2 * (column.first_number + rank / kMaxRanks) + (above ? 1u : 0u), rank % kMaxRanks};
  }

  bool add_tree(const ForestTree& tree) {
    const ForestNode* nodes = forest_.nodes + tree.first_node;
    std::vector<uint32_t> lefts(tree.num_nodes), numbers(tree.num_nodes);
    uint32_t num_steps = 0;
    for (uint32_t i = 0; i < tree.num_nodes; ++i) {
      lefts[i] = nodes[i].left - tree.first_node;
      if (nodes[i].value != 0) numbers[i] = num_steps++;
    }
    if (!codes_.assign(lefts, kMaxPlanes)) return false;

    SlicedTree record{static_cast<uint32_t>(steps_.size()),  num_steps,
                      static_cast<uint32_t>(planes_.size()), codes_.num_bits(),
                      static_cast<uint32_t>(leaves_.size()), tree.output};
    // Inner nodes write the masks of their own numbers, right leaves the ones behind; left leaves
    // are not looked at, so they share the last.
    uint32_t num_masks = num_steps;
    std::vector<std::pair<uint32_t, uint32_t>> rights;  // mask, code
    const size_t first_step = steps_.size();
    for (uint32_t i = 0; i < tree.num_nodes; ++i) {
      if (nodes[i].value == 0) continue;
      const uint32_t left = lefts[i], right = left + 1;
      const uint32_t right_mask = nodes[right].value != 0 ? numbers[right] : num_masks++;
      const uint32_t left_mask = nodes[left].value != 0 ? numbers[left] : kShared;
      if (num_masks >= kShared) return false;
      rights.emplace_back(right_mask, codes_.right_codes()[i]);
      steps_.push_back({number_of(condition_of(nodes[i])), static_cast<uint16_t>(left_mask),
                        static_cast<uint16_t>(right_mask)});
    }
    for (size_t k = first_step; k < steps_.size(); ++k) {
      if (steps_[k].left == kShared) steps_[k].left = static_cast<uint16_t>(num_masks);
    }
    num_masks_ = std::max(num_masks_, num_masks + 1);
    for (uint32_t plane = 0; plane < record.num_planes; ++plane) {
      const size_t count_at = planes_.size();
      planes_.push_back(0);
      for (const auto& [mask, code] : rights) {
        if ((code >> plane & 1) == 0) continue;
        planes_.push_back(static_cast<uint16_t>(mask));
        ++planes_[count_at];
      }
    }
    leaves_.resize(leaves_.size() + (size_t{1} << record.num_planes), 0.0);
    for (uint32_t i = 0; i < tree.num_nodes; ++i) {
      if (nodes[i].value == 0) leaves_[record.first_leaf + codes_.path_codes()[i]] = nodes[i].leaf;
    }
    trees_.push_back(record);
    return leaves_.size() < kMaxLeaves;
  }

  uint32_t number_of(const SlicedCondition& condition) {
    const auto key = std::pair{condition.column, condition.rank};
    return conditions_.try_emplace(key, static_cast<uint32_t>(conditions_.size())).first->second;
  }

  /// In the order of columns, so that each column is read once.
  void number_conditions() {
    std::vector<uint32_t> places(conditions_.size());
    uint32_t next = 0;
    for (const auto& [key, number] : conditions_) places[number] = next++;
    for (SlicedStep& step : steps_) step.condition = places[step.condition];
  }

  /// Masks of the leaves that stay, for each step and tree; nothing where some tree has too many
  /// leaves, or where the ranks of a row would not fit.
  void add_quick_form() {
    uint32_t most_steps = 0;
    for (const SlicedTree& tree : trees_) most_steps = std::max(most_steps, tree.num_steps);
    if (most_steps >= kQuickLeaves || columns_.size() > kMaxQuickRows / 2) return;
    for (const auto& [key, column] : ranked_) {
      if (is_category(key.second)) return;
    }
    num_quick_steps_ = most_steps;
    num_quick_trees_ = (trees_.size() + kQuickTrees - 1) / kQuickTrees * kQuickTrees;
    quick_rows_.assign(num_quick_steps_ * num_quick_trees_, 0);
    quick_ranks_.assign(quick_rows_.size(), std::numeric_limits<uint16_t>::max());
    quick_masks_.assign(quick_rows_.size(), ~uint32_t{0});
    quick_leaves_.assign(num_quick_trees_ * kQuickLeaves, 0.0);
    for (size_t tree = 0; tree < trees_.size(); ++tree) {
      uint32_t next_step = 0, next_leaf = 0;
      add_quick_node(tree, forest_.trees[tree].first_node, next_step, next_leaf);
    }
  }

  /// Returns the bits of the leaves below the node. A tree has at most 31 levels.
  uint32_t add_quick_node(size_t tree, uint32_t number, uint32_t& next_step, uint32_t& next_leaf) {
    const ForestNode& node = forest_.nodes[number];
    if (node.value == 0) {
      quick_leaves_[tree * kQuickLeaves + next_leaf] = node.leaf;
      return uint32_t{1} << next_leaf++;
    }
    const size_t at = next_step++ * num_quick_trees_ + tree;
    const uint32_t left = add_quick_node(tree, node.left, next_step, next_leaf);
    const uint32_t right = add_quick_node(tree, node.left + 1, next_step, next_leaf);
    const SlicedCondition condition = condition_of(node);
    quick_rows_[at] = static_cast<uint16_t>(condition.column);
    quick_ranks_[at] = static_cast<uint16_t>(condition.rank);
    quick_masks_[at] = ~left;
    return left | right;
  }

  std::vector<uint8_t> bytes() const {
    SlicedHeader header{};
    header.num_quick_steps = num_quick_steps_;
    header.num_quick_trees = static_cast<uint32_t>(num_quick_trees_);
    header.num_columns = static_cast<uint32_t>(columns_.size());
    header.num_thresholds = static_cast<uint32_t>(thresholds_.size());
    header.num_cells = static_cast<uint32_t>(cells_.size());
    header.num_conditions = static_cast<uint32_t>(conditions_.size());
    header.num_steps = static_cast<uint32_t>(steps_.size());
    header.num_planes = static_cast<uint32_t>(planes_.size());
    header.num_leaves = static_cast<uint32_t>(leaves_.size());
    header.num_masks = num_masks_;
    std::vector<SlicedCondition> conditions;
    for (const auto& [key, number] : conditions_) conditions.push_back({key.first, key.second});

    const SlicedLayout at = sliced_layout(header, forest_.header->num_trees);
    std::vector<uint8_t> program(at.length, 0);
    const auto put = [&program](uint64_t offset, const auto& values) {
      if (values.empty()) return;
      std::memcpy(program.data() + offset, values.data(), values.size() * sizeof(values[0]));
    };
    std::memcpy(program.data(), &header, sizeof header);
    put(at.columns, columns_);
    put(at.thresholds, thresholds_);
    put(at.cells, cells_);
    put(at.conditions, conditions);
    put(at.trees, trees_);
    put(at.steps, steps_);
    put(at.planes, planes_);
    put(at.leaves, leaves_);
    put(at.quick.rows, quick_rows_);
    put(at.quick.ranks, quick_ranks_);
    put(at.quick.masks, quick_masks_);
    put(at.quick.leaves, quick_leaves_);
    return program;
  }

  static constexpr uint32_t kShared = 0xFFFF;
  static constexpr size_t kMaxLeaves = size_t{1} << 30;

  const ForestView& forest_;
  std::map<ColumnKey, RankedColumn> ranked_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> conditions_;  // to the order of their coming
  LeafCodes codes_;
  std::vector<SlicedColumn> columns_;
  std::vector<double> thresholds_;
  std::vector<uint8_t> cells_;
  std::vector<SlicedTree> trees_;
  std::vector<SlicedStep> steps_;
  std::vector<uint16_t> planes_;
  std::vector<double> leaves_;
  uint32_t num_masks_ = 1;
  uint32_t num_quick_steps_ = 0;
  size_t num_quick_trees_ = 0;
  std::vector<uint16_t> quick_rows_, quick_ranks_;
  std::vector<uint32_t> quick_masks_;
  std::vector<double> quick_leaves_;
};

}  // namespace

void add_sliced_program(std::vector<uint8_t>& section) {
  const auto& model = *reinterpret_cast<const ModelHeader*>(section.data());
  if (model.num_outputs > kMaxOutputs) return;
  const std::vector<uint8_t> program = ForestSlicer(view_forest(section.data())).slice();
  auto* header = reinterpret_cast<ForestHeader*>(section.data() + sizeof(ModelHeader));
  header->program_length = program.size();
  section.insert(section.end(), program.begin(), program.end());
}

}  // namespace mainspring
