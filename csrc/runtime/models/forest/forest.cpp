// Raw scores of a forest: rows become slot values, walks run side by side, leaves are added in tree
// order.
//
// One walk waits for memory at every level; independent ones hide each other's latency. Many rows:
// eight rows in one tree. One row: six trees at once. Either way a row's sum takes its
// trees in ascending order, so the bits do not depend on the number of rows.
#include "runtime/models/forest/forest.hpp"

#include "runtime/models/forest/cluster_walk.hpp"
#include "runtime/models/forest/forest_sums.hpp"
#include "runtime/models/forest/given_ranks.hpp"
#include "runtime/models/forest/lane_walk.hpp"
#include "runtime/models/forest/part.hpp"
#include "runtime/models/forest/sliced.hpp"
#include "runtime/models/forest/slot_values.hpp"
#include "runtime/models/forest/value_walk.hpp"
#include "runtime/models/forest/walk_clusters.hpp"
#include "runtime/models/forest/ways.hpp"

namespace mainspring {

namespace {

#if !defined(MAINSPRING_SMALL)
/// Of the slot values of a block.
constexpr uint32_t kMaxValueBytes = 704 << 10;
constexpr uint32_t kMaxWalkRows = 2048;
#endif

/// Trees that one row goes through side by side: as many chains as registers hold, and few, because
/// the deepest leaf of them says how many levels all walk.
constexpr uint32_t kTrees = 6;

/// Rows whose slot values are in memory at a time. They should stay in the L2 cache beside a tree,
/// but for each of these blocks all trees come from memory once more. Wide forests take few, which
/// bounds the scratch to 64 bytes a slot, and so do those of which only a few rows are walked.
uint32_t block_rows(const ForestView& forest) {
  const uint32_t num_slots = forest.header->num_slots;
#if !defined(MAINSPRING_SMALL)
  constexpr uint32_t kGroupsOfCache = kMaxValueBytes / (kChains * sizeof(double));
  if (num_slots <= 128 && forest.program == nullptr) {
    const uint32_t rows = kGroupsOfCache / (num_slots + 1) * kChains;
    return rows < kTileRows ? kTileRows : rows < kMaxWalkRows ? rows : kMaxWalkRows;
  }
#endif
  return num_slots <= 1024 ? 64 : kChains;
}

/// One level. A leaf stays where it is.
template <bool kSets>
uint32_t descend(const ForestView& forest, const double* values, uint32_t at) {
  const ForestNode& node = forest.nodes[at];
  if constexpr (kSets) {
    const double value = values[uint64_t{node.value & ~kForestSetNode} * kChains];
    const bool left = (node.value & kForestSetNode) != 0 ? in_set(forest.set_words, node, value)
                                                         : value <= node.threshold;
    return node.left + static_cast<uint32_t>(!left);
  } else {
    const double value = values[uint64_t{node.value} * kChains];
    return node.left + static_cast<uint32_t>(!(value <= node.threshold));
  }
}

/// Walks chains to their leaves: eight rows of a group, or one row in several trees (kLane 0). Of
/// rows, looking for the end only every other level saves more than the idle level costs.
template <bool kSets, uint32_t kLane, uint32_t kWalks>
void walk(const ForestView& forest, const double* values, uint32_t (&at)[kWalks]) {
  constexpr bool kLooksRarely = kLane != 0;
  uint32_t inner;  // not 0 while there are nodes that are no leaves
  do {
    inner = 0;
#pragma GCC unroll 8
    for (uint32_t k = 0; kLooksRarely && k < kWalks; ++k) {
      at[k] = descend<kSets>(forest, values + k * kLane, at[k]);
    }
#pragma GCC unroll 8
    for (uint32_t k = 0; k < kWalks; ++k) {
      at[k] = descend<kSets>(forest, values + k * kLane, at[k]);
      inner |= forest.nodes[at[k]].value;
    }
  } while (inner != 0);
}

template <uint32_t kLane, uint32_t kWalks>
void walk(const ForestView& forest, bool has_sets, const double* values, uint32_t (&at)[kWalks]) {
  if (has_sets) {
    walk<true, kLane>(forest, values, at);
  } else {
    walk<false, kLane>(forest, values, at);
  }
}

/// Whether leaves are numbers that are added as doubles: what add_leaf does without a call.
bool is_plain(const ForestView& forest) {
  return forest.header->leaf_width == 1 && !sums_floats(*forest.header);
}

/// Of leaves that are no plain numbers.
[[gnu::noinline]] void add_other_leaves(const ForestView& forest, const uint32_t* leaves,
                                        uint32_t count, double* scores, uint32_t stride) {
  if (forest.header->leaf_width == 1) {
    for (uint32_t k = 0; k < count; ++k, scores += stride) {
      *scores = float_sum(*scores, forest.nodes[leaves[k]].leaf);
    }
  } else if (forest.narrow_vectors != nullptr) {
    add_leaf_vectors(forest, forest.narrow_vectors, leaves, count, scores, stride);
  } else {
    add_leaf_vectors(forest, forest.wide_vectors, leaves, count, scores, stride);
  }
}

/// Adds the leaves of `count` rows, at most kLaneGroups groups, whose scores lie `stride` apart.
void add_leaves(const ForestView& forest, bool plain, const uint32_t* leaves, uint32_t count,
                double* scores, uint32_t stride) {
  if (!plain) return add_other_leaves(forest, leaves, count, scores, stride);
  for (uint32_t k = 0; k < count; ++k, scores += stride) *scores += forest.nodes[leaves[k]].leaf;
}

}  // namespace

/// One row: the last group of trees is filled up with its own last tree, whose values are dropped.
void predict_one(const ForestView& forest, const double* values, double* out) noexcept {
  const uint32_t num_trees = forest.header->num_trees;
  const bool plain = is_plain(forest);
  for (uint32_t first = 0; first < num_trees; first += kTrees) {
    const uint32_t count = num_trees - first < kTrees ? num_trees - first : kTrees;
    uint32_t at[kTrees];
    uint32_t has_sets = 0;
    for (uint32_t k = 0; k < kTrees; ++k) {
      const ForestTree& tree = forest.trees[first + (k < count ? k : count - 1)];
      at[k] = tree.first_node;
      has_sets |= tree.has_sets;
    }
    walk<0>(forest, has_sets != 0, values, at);
    for (uint32_t k = 0; k < count; ++k) {
      double* const score = out + forest.trees[first + k].output;
      if (plain) {
        *score += forest.nodes[at[k]].leaf;
      } else {
        add_other_leaves(forest, &at[k], 1, score, 0);
      }
    }
  }
}

namespace {

/// What walks of `num_groups` groups bring into the caches on their `num_levels` levels. Where
/// there are few rows for the next tree's nodes, most would come in vain.
NextTree next_tree_of(const ForestView& forest, uint32_t tree, uint32_t num_groups,
                      uint32_t num_levels) {
#if defined(MAINSPRING_SMALL)
  (void)forest, (void)tree, (void)num_groups, (void)num_levels;
  return {};
#else
  constexpr uint32_t kNodesForGroup = 64 * kChains;
  if (tree + 1 >= forest.header->num_trees) return {};
  const ForestTree& next = forest.trees[tree + 1];
  if (next.num_nodes / kNodesForGroup > num_groups) return {};
  return {forest.nodes + next.first_node, next.num_nodes, num_levels};
#endif
}

void walk_rows_of_group(const ForestView& forest, const ForestTree& tree, const double* values,
                        uint32_t* leaves) {
  uint32_t at[kChains];
  for (uint32_t& node : at) node = tree.first_node;
  walk<1>(forest, tree.has_sets != 0, values, at);
  for (uint32_t k = 0; k < kChains; ++k) leaves[k] = at[k];
}

/// Walks for eight rows to a register where the level has them; else null.
WalkLanes walk_lanes_of(const ForestView& forest, IsaLevel level) {
#if defined(MAINSPRING_SMALL)
  (void)forest, (void)level;
  return nullptr;
#else
  if (level != IsaLevel::kAvx512 || forest.header->num_nodes >= kMaxLaneNodes) return nullptr;
  return walk_lanes_avx512();
#endif
}

void predict_block(const ForestView& forest, uint32_t num_rows, uint32_t num_outputs,
                   const double* values, WalkLanes walk_lanes, double* out) {
  const uint32_t grouped = num_rows / kChains;
  const uint64_t stride = group_values(forest);
  const bool plain = is_plain(forest);
  for (uint32_t t = 0; grouped != 0 && t < forest.header->num_trees; ++t) {
    const ForestTree& tree = forest.trees[t];
    const bool in_lanes = walk_lanes != nullptr && tree.has_sets == 0;
    const uint32_t num_levels =
        in_lanes ? (grouped + kLaneGroups - 1) / kLaneGroups * kFewestLevels : grouped;
    NextTree next = next_tree_of(forest, t, grouped, num_levels);
    for (uint32_t group = 0; group < grouped;) {
      const uint32_t left = in_lanes ? grouped - group : 1;
      const uint32_t count = left < kLaneGroups ? left : kLaneGroups;
      uint32_t at[kLaneGroups * kChains];
      if (in_lanes) {
        walk_lanes(forest.nodes, values + group * stride, stride, count, tree.first_node, next, at);
      } else {
        next.fetch_some();
        walk_rows_of_group(forest, tree, values + group * stride, at);
      }
      add_leaves(forest, plain, at, count * kChains,
                 out + uint64_t{group} * kChains * num_outputs + tree.output, num_outputs);
      group += count;
    }
  }
  for (uint32_t row = grouped * kChains; row < num_rows; ++row) {
    predict_one(forest, values + grouped * stride + row % kChains,
                out + uint64_t{row} * num_outputs);
  }
}

void walk_rows(const ForestView& forest, const FeatureTile& features, uint32_t num_outputs,
               WalkLanes walk_lanes, double* values, double* out) {
  const uint32_t num_rows = features.num_rows;
  for (uint32_t row = 0; row < num_rows; ++row) {
    for (uint32_t i = 0; i < num_outputs; ++i) {
      out[uint64_t{row} * num_outputs + i] = forest.bases[i];
    }
  }
  const uint32_t block = block_rows(forest);
  for (uint32_t first = 0; first < num_rows; first += block) {
    const uint32_t count = num_rows - first < block ? num_rows - first : block;
    for (uint32_t row = 0; row < count; row += kChains) {
      fill_group(forest, features, first + row, count - row < kChains ? count - row : kChains,
                 values + row / kChains * group_values(forest));
    }
    predict_block(forest, count, num_outputs, values, walk_lanes,
                  out + uint64_t{first} * num_outputs);
  }
}

SlicedJob job_of(const ModelView& view, const ForestView& forest, const FeatureTile& features) {
  return {view_sliced(forest.program, *forest.header),
          forest.trees,
          features,
          forest.bases,
          forest.header->num_trees,
          view.header->num_outputs,
          forest.header->leaf_width,
          forest.wide_vectors,
          forest.narrow_vectors,
          sums_floats(*forest.header),
          sums_units(*forest.header),
          static_cast<ForestInput>(forest.header->input) == ForestInput::kRoundedToFloat,
#if !defined(MAINSPRING_SMALL)
          nullptr,
          view.quick_bytes,
          view.leaf_bytes,
          view.block_trees
#endif
  };
}

ForestWay way_of([[maybe_unused]] const ModelView& view, const ForestView& forest,
                 uint32_t num_rows, IsaLevel level) {
#if defined(MAINSPRING_SMALL)
  return way_through(forest, num_rows, level);
#else
  MadeClusters clusters = MadeClusters::kNone;
  if (view.clusters != nullptr) clusters = MadeClusters::kSideBySide;
  if (view.value_clusters != nullptr) {
    clusters =
        view.value_clusters->looks_up_bytes ? MadeClusters::kSideBySide : MadeClusters::kAlone;
  }
  return way_through(forest, num_rows, level, clusters);
#endif
}

struct Forest {
  static constexpr ModelCode kCode = ModelCode::kForest;
  static constexpr const char* kName = "forest";

  static Status verify(const ModelView& view) noexcept { return verify_forest(view); }

  static uint64_t scratch_bytes(const ModelView& view) noexcept {
    const ForestView forest = view_forest(view.section);
    const uint64_t groups = block_rows(forest) / kChains;
    const uint64_t walk = group_values(forest) * groups * sizeof(double);
    uint64_t most = sliced_scratch_bytes(forest, view.header->num_outputs);
#if !defined(MAINSPRING_SMALL)
    if (cluster_scratch_bytes(forest) > most) most = cluster_scratch_bytes(forest);
#endif
    return walk > most ? walk : most;
  }

  static const char* kernel_name(const ModelView& view, uint32_t num_rows,
                                 IsaLevel level) noexcept {
    switch (way_of(view, view_forest(view.section), num_rows, level)) {
      case ForestWay::kQuick:
        return num_rows < kFewestQuickRows ? "QuickScorer, row by row"
                                           : "QuickScorer, 16 rows side by side";
      case ForestWay::kBits: return "walks along bits of conditions, row by row";
      case ForestWay::kClusters: return "walks of three levels at a time, row by row";
      case ForestWay::kClusterRows: return "walks of three levels at a time, rows together";
      case ForestWay::kBlocks: return "bit-sliced blocks";
      case ForestWay::kWalk: break;
    }
    return num_rows < kChains ? "walks through six trees" : "walks of eight rows";
  }

  static void predict_raw(const ModelView& view, const FeatureTile& features,
                          const Kernels& kernels, uint8_t* scratch, double* out) noexcept {
    if (features.num_rows == 0) return;
    const ForestView forest = view_forest(view.section);
    const uint32_t num_outputs = view.header->num_outputs;
    const ForestWay way = way_of(view, forest, features.num_rows, kernels.level);
#if !defined(MAINSPRING_SMALL)
    if (way == ForestWay::kClusterRows) {
      return walk_clusters_together(forest, *view.value_clusters, features, num_outputs, scratch,
                                    out);
    }
    if (way == ForestWay::kClusters && view.value_clusters != nullptr) {
      return walk_clusters(forest, *view.value_clusters, features, num_outputs, scratch, out);
    }
#endif
    if (way != ForestWay::kWalk) {
      const SlicedJob job = job_of(view, forest, features);
      if (way == ForestWay::kQuick) {
        predict_quick(job, out);
#if !defined(MAINSPRING_SMALL)
      } else if (way == ForestWay::kClusters) {
        cluster_walk_avx512()(job, *view.clusters, out);
#endif
      } else if (way == ForestWay::kBits) {
        predict_bits(job, kernels.level, scratch, out);
      } else {
        predict_sliced(job, kernels.level, scratch, out);
      }
      return;
    }
    walk_rows(forest, features, num_outputs, walk_lanes_of(forest, kernels.level),
              reinterpret_cast<double*>(scratch), out);
  }
};

}  // namespace

void predict_first_trees(const ModelView& model, const FeatureTile& features, uint32_t num_trees,
                         uint8_t* scratch, double* out) noexcept {
  const ForestView whole = view_forest(model.section);
  ForestHeader header = *whole.header;
  header.num_trees = num_trees;
  ForestView part = whole;
  part.header = &header;
  const uint32_t num_outputs = model.header->num_outputs;
  walk_rows(part, features, num_outputs, nullptr, reinterpret_cast<double*>(scratch), out);
  if (num_base_trees(whole) == 0) return;
  const ForestTree& base = whole.trees[whole.header->num_trees - 1];
  for (uint32_t row = 0; row < features.num_rows; ++row) {
    add_leaves(whole, is_plain(whole), &base.first_node, 1,
               out + uint64_t{row} * num_outputs + base.output, 0);
  }
}

#if !defined(MAINSPRING_SMALL)
uint32_t rows_at_a_time(const ModelView& model) noexcept {
  if (model.model == nullptr || model.model->code != ModelCode::kForest) return kTileRows;
  const uint32_t rows = block_rows(view_forest(model.section));
  return rows < kTileRows ? kTileRows : rows;
}

bool takes_ranks(const ModelView& model, uint32_t num_rows, IsaLevel level) noexcept {
  return model.model != nullptr && model.model->code == ModelCode::kForest &&
         way_of(model, view_forest(model.section), num_rows, level) == ForestWay::kBlocks;
}

void predict_from_ranks(const ModelView& model, const FeatureTile& features,
                        const GivenRanks& given, const Kernels& kernels, uint8_t* scratch,
                        double* out) noexcept {
  const ForestView forest = view_forest(model.section);
  SlicedJob job = job_of(model, forest, features);
  job.given = &given;
  predict_sliced(job, kernels.level, scratch, out);
}
#endif

void walk_group(const ForestView& forest, const ForestTree& tree, const double* values,
                uint32_t (&leaves)[kChains]) noexcept {
  for (uint32_t& node : leaves) node = tree.first_node;
  walk<1>(forest, tree.has_sets != 0, values, leaves);
}

extern constinit const Model kForestModel;
constinit const Model kForestModel = model_of<Forest>();

}  // namespace mainspring
