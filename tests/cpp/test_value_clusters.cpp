// Large trees down clusters that compare values: eight trees side by side, one after the other as
// CPUs without VBMI take them, and many rows together give the bits of walks down the nodes.
#include <cmath>
#include <cstring>
#include <vector>

#include "check.hpp"
#include "fit/importers/write_forest.hpp"
#include "forest_model.hpp"
#include "host/bundle_image.hpp"
#include "host/value_clusters.hpp"
#include "random.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kRows = 530;  // more than are walked together

/// A tree of so many leaves, most of them deep down, that it has no bit-sliced program.
SourceTree random_tree(Random& random, const SourceForest& forest, uint32_t num_leaves) {
  SourceTree tree;
  tree.nodes.resize(1);
  std::vector<uint32_t> leaves{0};
  while (leaves.size() < num_leaves) {
    // Of the newest leaves: some ways are long.
    const uint64_t from = one_in(random, 2) ? leaves.size() - (leaves.size() + 3) / 4 : 0;
    const uint64_t place = from + below(random, leaves.size() - from);
    const uint32_t split = leaves[place];
    const auto left = static_cast<uint32_t>(tree.nodes.size());
    tree.nodes.resize(left + 2);
    SourceNode& node = tree.nodes[split];
    node.treatment = static_cast<ForestTreatment>(below(random, 3));
    node.feature = static_cast<uint32_t>(below(random, forest.num_features));
    node.threshold = static_cast<double>(below(random, 4000)) / 1000.0 - 2.0;
    node.left = left;
    node.right = left + 1;
    leaves[place] = left;
    leaves.push_back(left + 1);
  }
  for (const uint32_t leaf : leaves) {
    tree.nodes[leaf].is_leaf = true;
    tree.nodes[leaf].leaf = forest.has_vectors
                                ? static_cast<double>(below(random, 50))
                                : static_cast<double>(below(random, 1000)) / 64.0 - 7.0;
  }
  return tree;
}

struct Shape {
  uint32_t num_features, num_trees, num_outputs;
  bool has_vectors, sums_floats;
};

SourceForest random_forest(Random& random, const Shape& shape) {
  SourceForest forest;
  forest.num_features = shape.num_features;
  forest.num_outputs = shape.num_outputs;
  forest.input = ForestInput::kRoundedToFloat;
  if (shape.sums_floats) forest.sum = ForestSum::kFloatInTreeOrder;
  forest.has_vectors = shape.has_vectors;
  for (uint32_t i = 0; shape.has_vectors && i < 50 * shape.num_outputs; ++i) {
    forest.vectors.push_back(static_cast<double>(below(random, 1000)) / 1000.0);
  }
  for (uint32_t t = 0; t < shape.num_trees; ++t) {
    // Among them trees of one leaf, and such as end at once.
    const uint32_t num_leaves = t == 0 ? 5000 : one_in(random, 4) ? 1 + below(random, 4) : 600;
    forest.trees.push_back(random_tree(random, forest, num_leaves));
    if (!shape.has_vectors) forest.trees.back().output = t % shape.num_outputs;
  }
  return forest;
}

bool same_bits(const std::vector<double>& some, const std::vector<double>& all, size_t from) {
  return std::memcmp(some.data(), all.data() + from, some.size() * sizeof(double)) == 0;
}

void check_sizes(OpenedModel& model, const std::vector<float>& rows, uint32_t num_features,
                 const std::vector<double>& expected, const char* how) {
  const uint32_t num_outputs = model.header().num_outputs;
  for (const uint32_t first : {0u, 1u, 500u}) {
    for (const uint32_t count : {1u, 7u, 8u, 23u, 24u, 29u, kRows}) {
      if (first + count > kRows) continue;
      const std::vector<double> found = model.predict(rows.data() + size_t{first} * num_features,
                                                      count, IsaLevel::kAvx512, num_features, 1);
      if (!check(same_bits(found, expected, size_t{first} * num_outputs), how)) return;
    }
  }
}

/// With AVX-512; elsewhere there are no clusters to walk down.
void test_ways(const Shape& shape) {
  Random random(shape.num_features + 100 * shape.num_trees);
  OpenedModel model(write_forest(random_forest(random, shape)));
  if (!check(model.status().ok(), "a random forest opens")) return;
  std::vector<float> rows(size_t{kRows} * shape.num_features);
  for (float& value : rows) {
    // Missing values go both ways at once: such rows are walked down the nodes.
    value = one_in(random, 100) ? NAN : static_cast<float>(below(random, 400)) / 100.0f - 2.0f;
  }
  const std::vector<double> expected =
      model.predict(rows.data(), kRows, IsaLevel::kBaseline, shape.num_features, 1);
  BundleView bundle{};
  bundle.model = model.view();
  const auto made = make_value_clusters(bundle);
  const bool there = value_walk_avx512() != nullptr &&
                     process_kernels().level == IsaLevel::kAvx512 &&
                     shape.num_features <= kMaxClusterColumns;
  if (!check((made != nullptr) == there, "clusters are made where they can be walked") || !there) {
    return;
  }
  ValueForest clusters = made->forest;
  model.view().value_clusters = &clusters;
  check_sizes(model, rows, shape.num_features, expected, "as the CPU can");
  clusters.looks_up_bytes = false;
  check_sizes(model, rows, shape.num_features, expected, "one tree after the other");
  if (!made->forest.looks_up_bytes) return;
  clusters.looks_up_bytes = true;
  for (const uint32_t turns : {0u, 1u, clusters.num_turns}) {
    clusters.even_turns = turns;
    check_sizes(model, rows, shape.num_features, expected, "so many turns without a look");
  }
}

}  // namespace
}  // namespace mainspring

int main() {
  using mainspring::test_ways;
  test_ways({5, 1, 1, false, false});
  test_ways({40, 9, 1, false, true});
  test_ways({64, 30, 3, false, false});
  test_ways({33, 17, 2, true, false});
  test_ways({7, 26, 3, true, true});
  test_ways({12, 8, 5, true, false});
  test_ways({65, 3, 1, false, false});
  return mainspring::finish();
}
