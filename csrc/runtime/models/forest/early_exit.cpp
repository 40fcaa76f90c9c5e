// Eight rows walk through a tree side by side, as without exits, until all have stopped.
#include "runtime/models/forest/early_exit.hpp"

#include "runtime/models/forest/slot_values.hpp"

namespace mainspring {

namespace {

double magnitude(double value) { return value < 0 ? -value : value; }

struct Leaves {
  double least, most;
};

Leaves leaves_of(const ForestView& forest, const ForestTree& tree) {
  Leaves leaves{__builtin_inf(), -__builtin_inf()};
  for (uint32_t i = tree.first_node; i < tree.first_node + tree.num_nodes; ++i) {
    if (forest.nodes[i].value != 0) continue;
    const double leaf = forest.nodes[i].leaf;
    leaves.least = leaf < leaves.least ? leaf : leaves.least;
    leaves.most = leaf > leaves.most ? leaf : leaves.most;
  }
  return leaves;
}

}  // namespace

void exit_bounds(const ForestView& forest, double* low, double* high) noexcept {
  const uint32_t num_trees = forest.header->num_trees;
  double least = 0, most = 0, size = magnitude(forest.bases[0]);
  for (uint32_t tree = num_trees; tree-- != 0;) {
    if ((tree + 1) % kTreesAtOnce == 0 || tree + 1 == num_trees) {
      low[tree / kTreesAtOnce] = least;
      high[tree / kTreesAtOnce] = most;
    }
    const Leaves leaves = leaves_of(forest, forest.trees[tree]);
    least += leaves.least;
    most += leaves.most;
    const double under = magnitude(leaves.least), above = magnitude(leaves.most);
    size += under > above ? under : above;
  }
  const double unit = sums_floats(*forest.header) ? 0x1p-24 : 0x1p-53;
  const double slack = 4.0 * num_trees * unit * size;
  for (uint32_t i = 0; i < num_exits(*forest.header); ++i) {
    low[i] -= slack;
    high[i] += slack;
  }
}

uint64_t early_exit_scratch_bytes(const ForestView& forest) noexcept {
  return group_values(forest) * sizeof(double);
}

void predict_early(const ForestView& forest, const EarlyExit& exit, const FeatureTile& features,
                   uint8_t* scratch, double* out) noexcept {
  const bool floats = sums_floats(*forest.header);
  const uint32_t num_trees = forest.header->num_trees;
  auto* values = reinterpret_cast<double*>(scratch);
  for (uint64_t i = 0; i < early_exit_scratch_bytes(forest) / sizeof(double); ++i) values[i] = 0;
  for (uint32_t first = 0; first < features.num_rows; first += kChains) {
    const uint32_t count =
        features.num_rows - first < kChains ? features.num_rows - first : kChains;
    fill_group(forest, features, first, count, values);
    double sums[kChains];
    for (double& sum : sums) sum = forest.bases[0];
    bool stopped[kChains] = {};
    uint32_t num_going = count;
    for (uint32_t tree = 0; tree < num_trees && num_going != 0; ++tree) {
      uint32_t leaves[kChains];
      walk_group(forest, forest.trees[tree], values, leaves);
      const bool is_exit = (tree + 1) % kTreesAtOnce == 0;
      const double low = exit.low[tree / kTreesAtOnce], high = exit.high[tree / kTreesAtOnce];
      for (uint32_t row = 0; row < count; ++row) {
        if (stopped[row]) continue;
        sums[row] += forest.nodes[leaves[row]].leaf;
        if (floats) sums[row] = static_cast<double>(static_cast<float>(sums[row]));
        const bool is_certain =
            sums[row] + low > exit.threshold || sums[row] + high <= exit.threshold;
        if (!is_exit || !is_certain) continue;
        if (tree + 1 != num_trees) sums[row] += 0.5 * low + 0.5 * high;
        stopped[row] = true;
        --num_going;
      }
    }
    for (uint32_t row = 0; row < count; ++row) out[first + row] = sums[row];
  }
}

}  // namespace mainspring
