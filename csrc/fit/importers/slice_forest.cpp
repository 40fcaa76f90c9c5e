// Columns of ranks, classes of categories, distinct conditions, then each tree's steps, planes,
// leaves and bit nodes.
#include "fit/importers/slice_forest.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include "fit/importers/category_classes.hpp"
#include "fit/importers/leaf_codes.hpp"
#include "fit/importers/quick_form.hpp"
#include "host/rank_cells.hpp"
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
    if (num_trees == 0 || forest_.header->num_nodes / 2 > kMaxMeanSteps * num_trees) return {};
    if (!add_columns()) return {};
    number_conditions();
    place_bits();
    for (uint32_t i = 0; i < num_trees; ++i) {
      if (!add_tree(forest_.trees[i])) return {};
    }
    if (forest_.header->leaf_width == 1 && categories_.empty() &&
        columns_.size() <= kMaxQuickRows / 2) {
      quick_ = make_quick_form(forest_, of_nodes_);
    }
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
      if ((node.value & kForestSetNode) == 0) {
        ranked_[key_of(slot_of(node))].thresholds.push_back(node.threshold);
      } else {
        categories_[key_of(slot_of(node))].add_set(forest_, node);
      }
    }
    for (auto& [key, column] : ranked_) {
      std::vector<double>& all = column.thresholds;
      std::sort(all.begin(), all.end());
      all.erase(std::unique(all.begin(), all.end()), all.end());
      column.first_number = static_cast<uint32_t>(columns_.size());
      for (size_t first = 0; first < all.size(); first += kMaxRanks) {
        add_column(key,
                   std::span(all).subspan(first, std::min<size_t>(kMaxRanks, all.size() - first)));
      }
    }
    return std::all_of(categories_.begin(), categories_.end(),
                       [this](auto& entry) { return add_categories(entry.first, entry.second); });
  }

  bool add_categories(const ColumnKey& key, CategoryClasses& made) {
    if (!made.make()) return false;
    SlicedCategories record{};
    record.feature = key.first;
    record.treatment = static_cast<uint32_t>(key.second);
    record.first_class = static_cast<uint32_t>(classes_.size());
    record.num_categories = static_cast<uint32_t>(made.classes().size());
    record.num_classes = made.num_classes();
    record.num_sets = made.num_sets();
    record.first_word = static_cast<uint32_t>(class_words_.size());
    category_numbers_[key] = static_cast<uint32_t>(category_records_.size());
    category_records_.push_back(record);
    classes_.insert(classes_.end(), made.classes().begin(), made.classes().end());
    class_words_.insert(class_words_.end(), made.words().begin(), made.words().end());
    return class_words_.size() < kMaxClassWords;
  }

  void add_column(const ColumnKey& key, std::span<const double> thresholds) {
    SlicedColumn column{};
    column.feature = key.first;
    column.treatment = static_cast<uint32_t>(key.second);
    column.first_threshold = static_cast<uint32_t>(thresholds_.size());
    column.num_thresholds = static_cast<uint32_t>(thresholds.size());
    add_cells(thresholds, column, cells_);
    thresholds_.insert(thresholds_.end(), thresholds.begin(), thresholds.end());
    thresholds_.insert(thresholds_.end(), kMaxCompares, std::numeric_limits<double>::infinity());
    columns_.push_back(column);
  }

  /// Of sets: the number of the feature among those of categories, with kOfSets, and the set's.
  SlicedCondition condition_of(const ForestNode& node) const {
    const ForestSlot& slot = slot_of(node);
    if ((node.value & kForestSetNode) != 0) {
      const ColumnKey key = key_of(slot);
      return {kOfSets | category_numbers_.at(key), categories_.at(key).number_of(node)};
    }
    const RankedColumn& column = ranked_.at(key_of(slot));
    const auto at =
        std::lower_bound(column.thresholds.begin(), column.thresholds.end(), node.threshold);
    const auto rank = static_cast<uint32_t>(at - column.thresholds.begin());
    const bool above = is_above(static_cast<ForestTreatment>(slot.treatment));
    return {2 * (column.first_number + rank / kMaxRanks) + (above ? 1u : 0u), rank % kMaxRanks};
  }

  static bool comes_first(const SlicedCondition& a, const SlicedCondition& b) {
    return a.column != b.column ? a.column < b.column : a.rank < b.rank;
  }

  /// In the order of columns, so that each column is read once; those of sets follow, none left
  /// out.
  void number_conditions() {
    of_nodes_.resize(forest_.header->num_nodes);
    for (uint32_t i = 0; i < forest_.header->num_nodes; ++i) {
      if (forest_.nodes[i].value == 0) continue;
      of_nodes_[i] = condition_of(forest_.nodes[i]);
      conditions_.push_back(of_nodes_[i]);
    }
    std::sort(conditions_.begin(), conditions_.end(), comes_first);
    const auto same = [](const SlicedCondition& a, const SlicedCondition& b) {
      return a.column == b.column && a.rank == b.rank;
    };
    conditions_.erase(std::unique(conditions_.begin(), conditions_.end(), same), conditions_.end());
    const auto first_set =
        std::find_if(conditions_.begin(), conditions_.end(),
                     [](const SlicedCondition& one) { return (one.column & kOfSets) != 0; });
    num_comparisons_ = static_cast<size_t>(first_set - conditions_.begin());
  }

  uint32_t number_of(const SlicedCondition& condition) const {
    const auto at =
        std::lower_bound(conditions_.begin(), conditions_.end(), condition, comes_first);
    return static_cast<uint32_t>(at - conditions_.begin());
  }

  /// A run of bits for each row of ranks that is compared, then those of sets. None where the
  /// nodes could not count them.
  void place_bits() {
    const auto padded = [](uint64_t bits) { return (bits + 63) / 64 * 64; };
    uint64_t next = kFirstBit;
    for (size_t i = 0; i < num_comparisons_; ++i) {
      const uint32_t column = conditions_[i].column;
      if (i != 0 && column == conditions_[i - 1].column) continue;
      runs_.push_back({column, static_cast<uint32_t>(next)});
      next += padded(columns_[column / 2].num_thresholds);
    }
    for (SlicedCategories& record : category_records_) {
      record.first_bit = static_cast<uint32_t>(next);
      next += padded(record.num_sets);
    }
    if (next <= kMaxBits && forest_.header->num_nodes <= kMaxBitNodes) {
      num_bits_ = static_cast<uint32_t>(next);
      first_bits_.resize(2 * columns_.size());
      for (const SlicedRun& run : runs_) first_bits_[run.column] = run.first_bit;
      bit_nodes_.reserve(forest_.header->num_nodes);
      return;
    }
    runs_.clear();
    for (SlicedCategories& record : category_records_) record.first_bit = 0;
  }

  uint32_t bit_of(const SlicedCondition& condition) const {
    if ((condition.column & kOfSets) != 0) {
      return category_records_[condition.column & ~kOfSets].first_bit + condition.rank;
    }
    return first_bits_[condition.column] + condition.rank;
  }

  void add_bit_nodes(const ForestTree& tree, std::span<const uint32_t> lefts) {
    for (uint32_t i = 0; i < tree.num_nodes; ++i) {
      const uint32_t bit =
          lefts[i] == i ? codes_.path_codes()[i] : bit_of(of_nodes_[tree.first_node + i]);
      bit_nodes_.push_back(lefts[i] << kBitsOfNode | bit);
    }
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
    if (is_symmetric_tree(tree, lefts)) return add_symmetric_tree(tree, lefts);

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
      steps_.push_back({number_of(of_nodes_[tree.first_node + i]), static_cast<uint16_t>(left_mask),
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
    return add_leaves(tree, record, lefts);
  }

  bool add_leaves(const ForestTree& tree, const SlicedTree& record,
                  std::span<const uint32_t> lefts) {
    const ForestNode* nodes = forest_.nodes + tree.first_node;
    leaves_.resize(leaves_.size() + (size_t{1} << record.num_planes), 0.0);
    for (uint32_t i = 0; i < tree.num_nodes; ++i) {
      if (nodes[i].value == 0) leaves_[record.first_leaf + codes_.path_codes()[i]] = nodes[i].leaf;
    }
    trees_.push_back(record);
    if (num_bits_ != 0) add_bit_nodes(tree, lefts);
    return leaves_.size() < kMaxLeaves;
  }

  /// Whether all nodes of a level ask the same, and the code of a level is one bit. Nodes lie level
  /// by level.
  bool is_symmetric_tree(const ForestTree& tree, std::span<const uint32_t> lefts) const {
    const uint32_t depth = codes_.num_bits();
    if (depth == 0 || tree.num_nodes != (2u << depth) - 1) return false;
    for (uint32_t level = 0; level < depth; ++level) {
      const uint32_t first = (1u << level) - 1;
      const SlicedCondition& asked = of_nodes_[tree.first_node + first];
      for (uint32_t i = first; i < 2 * first + 1; ++i) {
        const SlicedCondition& condition = of_nodes_[tree.first_node + i];
        if (lefts[i] != 2 * i + 1 || codes_.right_codes()[i] != 1u << (depth - 1 - level) ||
            condition.column != asked.column || condition.rank != asked.rank) {
          return false;
        }
      }
    }
    return true;
  }

  bool add_symmetric_tree(const ForestTree& tree, std::span<const uint32_t> lefts) {
    const uint32_t depth = codes_.num_bits();
    const SlicedTree record{static_cast<uint32_t>(steps_.size()),  depth,      kSymmetric, depth,
                            static_cast<uint32_t>(leaves_.size()), tree.output};
    for (uint32_t plane = 0; plane < depth; ++plane) {
      const uint32_t first = (1u << (depth - 1 - plane)) - 1;
      steps_.push_back({number_of(of_nodes_[tree.first_node + first]), 0, 0});
    }
    return add_leaves(tree, record, lefts);
  }

  std::vector<uint8_t> bytes() const {
    SlicedHeader header{};
    header.num_quick_steps = quick_.num_steps;
    header.num_quick_trees = quick_.num_trees;
    header.num_columns = static_cast<uint32_t>(columns_.size());
    header.num_thresholds = static_cast<uint32_t>(thresholds_.size());
    header.num_cells = static_cast<uint32_t>(cells_.size());
    header.num_conditions = static_cast<uint32_t>(num_comparisons_);
    header.num_steps = static_cast<uint32_t>(steps_.size());
    header.num_planes = static_cast<uint32_t>(planes_.size());
    header.num_leaves = static_cast<uint32_t>(leaves_.size());
    header.num_masks = num_masks_;
    header.num_category_features = static_cast<uint32_t>(category_records_.size());
    header.num_sets = static_cast<uint32_t>(conditions_.size() - num_comparisons_);
    header.num_classes = static_cast<uint32_t>(classes_.size());
    header.num_words = static_cast<uint32_t>(class_words_.size());
    header.num_runs = static_cast<uint32_t>(runs_.size());
    header.num_bits = num_bits_;

    const SlicedLayout at = sliced_layout(header, *forest_.header);
    std::vector<uint8_t> program(at.length, 0);
    const auto put = [&program](uint64_t offset, const auto& values) {
      if (values.empty()) return;
      std::memcpy(program.data() + offset, values.data(), values.size() * sizeof(values[0]));
    };
    std::memcpy(program.data(), &header, sizeof header);
    put(at.columns, columns_);
    put(at.thresholds, thresholds_);
    put(at.cells, cells_);
    put(at.conditions, std::span(conditions_).first(num_comparisons_));
    put(at.trees, trees_);
    put(at.steps, steps_);
    put(at.planes, planes_);
    put(at.leaves, leaves_);
    put(at.quick.rows, quick_.rows);
    put(at.quick.ranks, quick_.ranks);
    put(at.quick.masks, quick_.masks);
    put(at.quick.leaves, quick_.leaves);
    put(at.categories, category_records_);
    put(at.classes, classes_);
    put(at.class_words, class_words_);
    put(at.runs, runs_);
    put(at.bit_nodes, bit_nodes_);
    return program;
  }

  static constexpr uint32_t kShared = 0xFFFF;
  static constexpr size_t kMaxLeaves = size_t{1} << 30;
  static constexpr uint32_t kOfSets = 1u << 31;

  const ForestView& forest_;
  std::map<ColumnKey, RankedColumn> ranked_;
  std::map<ColumnKey, CategoryClasses> categories_;
  std::map<ColumnKey, uint32_t> category_numbers_;
  std::vector<SlicedCategories> category_records_;
  std::vector<uint16_t> classes_;
  std::vector<uint64_t> class_words_;
  std::vector<SlicedCondition> of_nodes_;    // of all nodes; of leaves any
  std::vector<SlicedCondition> conditions_;  // each once
  size_t num_comparisons_ = 0;               // that are not sets
  std::vector<SlicedRun> runs_;
  std::vector<uint32_t> first_bits_;  // of runs, by column
  std::vector<uint32_t> bit_nodes_;
  uint32_t num_bits_ = 0;
  LeafCodes codes_;
  std::vector<SlicedColumn> columns_;
  std::vector<double> thresholds_;
  std::vector<uint8_t> cells_;
  std::vector<SlicedTree> trees_;
  std::vector<SlicedStep> steps_;
  std::vector<uint16_t> planes_;
  std::vector<double> leaves_;
  uint32_t num_masks_ = 1;
  QuickForm quick_;
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
