// Checks every index of a bit-sliced program once, so that its kernels check nothing.
#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

namespace {

constexpr double kInfinity = __builtin_inf();

constexpr Status corrupt(uint64_t byte) { return {Code::kCorrupt, byte}; }

bool all_zero(const uint8_t* bytes, uint64_t first, uint64_t last) {
  uint8_t seen = 0;
  for (uint64_t at = first; at < last; ++at) seen |= bytes[at];
  return seen == 0;
}

constexpr bool is_finite(double value) { return value - value == 0; }

/// Thresholds ascend, with infinities behind them; cells lead to no threshold behind these.
bool column_is_sound(const SlicedView& view, const SlicedColumn& column, uint32_t num_features) {
  if (column.feature >= num_features || column.reserved != 0) return false;
  const auto treatment = static_cast<ForestTreatment>(column.treatment);
  if (treatment != ForestTreatment::kNanIsZero && treatment != ForestTreatment::kNanRight &&
      treatment != ForestTreatment::kZeroRight) {
    return false;
  }
  if (column.num_thresholds == 0 || column.num_thresholds > kMaxRanks ||
      column.num_compares > kMaxCompares || column.num_cells > kMaxCells ||
      !is_finite(column.low) || !is_finite(column.scale)) {
    return false;
  }
  const uint32_t num_padded = column.num_thresholds + kMaxCompares;
  if (uint64_t{column.first_threshold} + num_padded > view.header->num_thresholds ||
      uint64_t{column.first_cell} + column.num_cells > view.header->num_cells) {
    return false;
  }
  const double* thresholds = view.thresholds + column.first_threshold;
  for (uint32_t i = 0; i < num_padded; ++i) {
    const double threshold = thresholds[i];
    const bool in_order = i == 0 || (i < column.num_thresholds ? thresholds[i - 1] < threshold
                                                               : threshold == kInfinity);
    if (!in_order || threshold != threshold) return false;
  }
  for (uint32_t i = 0; i < column.num_cells; ++i) {
    if (view.cells[column.first_cell + i] > column.num_thresholds) return false;
  }
  return true;
}

bool condition_is_sound(const SlicedView& view, const SlicedCondition& condition) {
  return condition.column / 2 < view.header->num_columns && condition.rank < kMaxRanks;
}

/// Classes are there, and so are their words and their bits of single rows.
bool categories_are_sound(const SlicedView& view, const SlicedCategories& categories,
                          uint32_t num_features) {
  const SlicedHeader& header = *view.header;
  if (categories.feature >= num_features || categories.treatment >= kNumForestTreatments ||
      !is_category(static_cast<ForestTreatment>(categories.treatment)) ||
      categories.num_categories > kMaxSliceCategories || categories.num_classes == 0 ||
      categories.num_classes > kMaxClasses || categories.num_sets > kMaxSets ||
      uint64_t{categories.first_class} + categories.num_categories > header.num_classes) {
    return false;
  }
  const uint64_t num_words = set_words(categories);
  if (categories.first_word + categories.num_classes * num_words > header.num_words) return false;
  if (!kHasRowForms) {
    // Nobody reads these bits.
  } else if (header.num_bits == 0) {
    if (categories.first_bit != 0) return false;
  } else if (categories.first_bit < kFirstBit || categories.first_bit % 64 != 0 ||
             categories.first_bit + 64 * num_words > header.num_bits) {
    return false;
  }
  for (uint32_t i = 0; i < categories.num_categories; ++i) {
    if (view.classes[categories.first_class + i] >= categories.num_classes) return false;
  }
  return true;
}

/// Nothing is written below kFirstBit, nor 32 bytes behind the end.
bool run_is_sound(const SlicedView& view, const SlicedRun& run) {
  return run.column / 2 < view.header->num_columns && run.first_bit >= kFirstBit &&
         run.first_bit % 64 == 0 && run.first_bit < view.header->num_bits;
}

/// Every step goes forward, to the end at a leaf: there, the bit is 0.
bool bit_nodes_are_sound(const SlicedView& view, const ForestTree& tree, uint32_t num_planes) {
  for (uint32_t i = 0; i < tree.num_nodes; ++i) {
    const uint32_t node = view.bit_nodes[tree.first_node + i];
    const uint32_t child = node >> kBitsOfNode, bit = node & (kMaxBits - 1);
    const bool sound = child == i
                           ? bit >> num_planes == 0
                           : child > i && child + 1 < tree.num_nodes && bit < view.header->num_bits;
    if (!sound) return false;
  }
  return true;
}

/// A condition for each plane.
bool symmetric_is_sound(const SlicedView& view, const SlicedTree& tree) {
  if (tree.num_steps != tree.num_planes) return false;
  for (uint32_t k = 0; k < tree.num_steps; ++k) {
    const SlicedStep& step = view.steps[tree.first_step + k];
    if (step.condition >= num_condition_masks(*view.header) || step.left != 0 || step.right != 0) {
      return false;
    }
  }
  return true;
}

bool tree_is_sound(const SlicedView& view, const SlicedTree& tree, uint32_t num_outputs) {
  const SlicedHeader& header = *view.header;
  if (tree.output >= num_outputs || tree.num_planes > kMaxPlanes ||
      uint64_t{tree.first_leaf} + (uint64_t{1} << tree.num_planes) > header.num_leaves ||
      uint64_t{tree.first_step} + tree.num_steps > header.num_steps) {
    return false;
  }
  if (is_symmetric(tree)) return symmetric_is_sound(view, tree);
  for (uint32_t k = 0; k < tree.num_steps; ++k) {
    const SlicedStep& step = view.steps[tree.first_step + k];
    if (step.condition >= num_condition_masks(header) || step.left <= k || step.right <= k ||
        step.left >= header.num_masks || step.right >= header.num_masks) {
      return false;
    }
  }
  uint64_t at = tree.first_plane;
  for (uint32_t plane = 0; plane < tree.num_planes; ++plane) {
    if (at >= header.num_planes || at + view.planes[at] >= header.num_planes) return false;
    const uint64_t last = at + view.planes[at];
    for (++at; at <= last; ++at) {
      if (view.planes[at] >= header.num_masks) return false;
    }
  }
  return true;
}

/// Nothing that sizes depend on.
bool has_sound_counts(const SlicedHeader& header, const ForestHeader& forest) {
  if (header.num_masks == 0 || header.num_masks > 1u << 16) return false;
  if (header.num_words > kMaxClassWords) return false;
  if (header.num_bits == 0) {
    if (header.num_runs != 0) return false;
  } else if (header.num_bits < kFirstBit || header.num_bits > kMaxBits ||
             header.num_bits % 64 != 0 || forest.num_nodes > kMaxBitNodes) {
    return false;
  }
  if (header.num_quick_trees == 0) return header.num_quick_steps == 0;
  if (forest.leaf_width != 1) return false;
  const uint64_t filled =
      (uint64_t{forest.num_trees} + kQuickTrees - 1) / kQuickTrees * kQuickTrees;
  return header.num_quick_trees == filled && header.num_quick_steps < kQuickLeaves &&
         header.num_columns <= kMaxQuickRows / 2;
}

/// Behind each array, up to where the next one begins.
bool gaps_are_zero(const uint8_t* program, const SlicedLayout& at, const SlicedHeader& header,
                   const ForestHeader& forest) {
  const uint64_t num_bit_nodes = header.num_bits != 0 ? forest.num_nodes : 0;
  const struct {
    uint64_t first, num_bytes, last;
  } arrays[] = {
      {at.columns, uint64_t{header.num_columns} * sizeof(SlicedColumn), at.thresholds},
      {at.thresholds, uint64_t{header.num_thresholds} * sizeof(double), at.cells},
      {at.cells, header.num_cells, at.conditions},
      {at.conditions, uint64_t{header.num_conditions} * sizeof(SlicedCondition), at.trees},
      {at.trees, uint64_t{forest.num_trees} * sizeof(SlicedTree), at.steps},
      {at.steps, uint64_t{header.num_steps} * sizeof(SlicedStep), at.planes},
      {at.planes, uint64_t{header.num_planes} * sizeof(uint16_t), at.leaves},
      {at.leaves, uint64_t{header.num_leaves} * sizeof(double), at.quick.rows},
      {at.categories, uint64_t{header.num_category_features} * sizeof(SlicedCategories),
       at.classes},
      {at.classes, uint64_t{header.num_classes} * sizeof(uint16_t), at.class_words},
      {at.class_words, uint64_t{header.num_words} * sizeof(uint64_t), at.runs},
      {at.runs, uint64_t{header.num_runs} * sizeof(SlicedRun), at.bit_nodes},
      {at.bit_nodes, num_bit_nodes * sizeof(uint32_t), at.length},
  };
  for (const auto& array : arrays) {
    if (!all_zero(program, array.first + array.num_bytes, array.last)) return false;
  }
  return true;
}

bool quick_gaps_are_zero(const uint8_t* program, const QuickLayout& at,
                         const SlicedHeader& header) {
  const uint64_t count = uint64_t{header.num_quick_steps} * header.num_quick_trees;
  const uint64_t num_leaves = uint64_t{header.num_quick_trees} * kQuickLeaves;
  return all_zero(program, at.rows + count * sizeof(uint16_t), at.ranks) &&
         all_zero(program, at.ranks + count * sizeof(uint16_t), at.masks) &&
         all_zero(program, at.masks + count * sizeof(uint32_t), at.leaves) &&
         all_zero(program, at.leaves + num_leaves * sizeof(double), at.end);
}

/// Rows are of columns, and whatever is struck out, a leaf stays.
bool quick_is_sound(const SlicedView& view) {
  const QuickView& quick = view.quick;
  for (uint32_t tree = 0; tree < quick.num_trees; ++tree) {
    uint32_t staying = ~uint32_t{0};
    for (uint32_t k = 0; k < quick.num_steps; ++k) {
      const uint64_t at = uint64_t{k} * quick.num_trees + tree;
      if (quick.rows[at] / 2u >= view.header->num_columns) return false;
      staying &= quick.masks[at];
    }
    if (staying == 0) return false;
  }
  for (uint64_t i = 0; i < uint64_t{quick.num_trees} * kQuickLeaves; ++i) {
    if (!is_finite(quick.leaves[i])) return false;
  }
  return true;
}

}  // namespace

SlicedView view_sliced(const uint8_t* program, const ForestHeader& forest) noexcept {
  const auto* header = reinterpret_cast<const SlicedHeader*>(program);
  const SlicedLayout at = sliced_layout(*header, forest);
  return SlicedView{header,
                    reinterpret_cast<const SlicedColumn*>(program + at.columns),
                    reinterpret_cast<const double*>(program + at.thresholds),
                    program + at.cells,
                    reinterpret_cast<const SlicedCondition*>(program + at.conditions),
                    reinterpret_cast<const SlicedTree*>(program + at.trees),
                    reinterpret_cast<const SlicedStep*>(program + at.steps),
                    reinterpret_cast<const uint16_t*>(program + at.planes),
                    reinterpret_cast<const double*>(program + at.leaves),
                    {header->num_quick_steps, header->num_quick_trees,
                     reinterpret_cast<const uint16_t*>(program + at.quick.rows),
                     reinterpret_cast<const uint16_t*>(program + at.quick.ranks),
                     reinterpret_cast<const uint32_t*>(program + at.quick.masks),
                     reinterpret_cast<const double*>(program + at.quick.leaves)},
                    reinterpret_cast<const SlicedCategories*>(program + at.categories),
                    reinterpret_cast<const uint16_t*>(program + at.classes),
                    reinterpret_cast<const uint64_t*>(program + at.class_words),
                    reinterpret_cast<const SlicedRun*>(program + at.runs),
                    reinterpret_cast<const uint32_t*>(program + at.bit_nodes)};
}

Status verify_sliced(const uint8_t* program, uint64_t length, const ForestView& forest,
                     uint32_t num_features, uint32_t num_outputs) noexcept {
  if (length < sizeof(SlicedHeader)) return {Code::kTruncated, length};
  const uint32_t num_trees = forest.header->num_trees;
  const auto& header = *reinterpret_cast<const SlicedHeader*>(program);
  if (!has_sound_counts(header, *forest.header)) return corrupt(0);
  const SlicedLayout at = sliced_layout(header, *forest.header);
  if (at.length != length) return {at.length > length ? Code::kTruncated : Code::kCorrupt, 0};

  const SlicedView view = view_sliced(program, *forest.header);
  if (!gaps_are_zero(program, at, header, *forest.header) ||
      (kHasRowForms && !quick_gaps_are_zero(program, at.quick, header))) {
    return corrupt(at.columns);
  }
  for (uint32_t i = 0; i < header.num_columns; ++i) {
    if (!column_is_sound(view, view.columns[i], num_features)) {
      return corrupt(at.columns + i * sizeof(SlicedColumn));
    }
  }
  for (uint32_t i = 0; i < header.num_conditions; ++i) {
    if (!condition_is_sound(view, view.conditions[i])) {
      return corrupt(at.conditions + i * sizeof(SlicedCondition));
    }
  }
  uint64_t num_sets = 0;
  for (uint32_t i = 0; i < header.num_category_features; ++i) {
    if (!categories_are_sound(view, view.categories[i], num_features)) {
      return corrupt(at.categories + i * sizeof(SlicedCategories));
    }
    num_sets += view.categories[i].num_sets;
  }
  if (num_sets != header.num_sets) return corrupt(at.categories);
  for (uint32_t i = 0; kHasRowForms && i < header.num_runs; ++i) {
    if (!run_is_sound(view, view.runs[i])) return corrupt(at.runs + i * sizeof(SlicedRun));
  }
  for (uint32_t i = 0; i < num_trees; ++i) {
    if (!tree_is_sound(view, view.trees[i], num_outputs)) {
      return corrupt(at.trees + i * sizeof(SlicedTree));
    }
    const ForestTree& tree = forest.trees[i];
    if (kHasRowForms && header.num_bits != 0 &&
        !bit_nodes_are_sound(view, tree, view.trees[i].num_planes)) {
      return corrupt(at.bit_nodes + tree.first_node * sizeof(uint32_t));
    }
  }
  for (uint32_t i = 0; i < header.num_leaves; ++i) {
    const double leaf = view.leaves[i];
    const bool sound =
        forest.header->leaf_width == 1 ? is_finite(leaf) : is_vector(*forest.header, leaf);
    if (!sound) return corrupt(at.leaves + i * sizeof(double));
  }
  return !kHasRowForms || quick_is_sound(view) ? kOkStatus : corrupt(at.quick.rows);
}

}  // namespace mainspring
