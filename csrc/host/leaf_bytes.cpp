// Takes leaves apart.
#include "host/leaf_bytes.hpp"

#include <algorithm>
#include <bit>
#include <span>

#include "host/made_forms.hpp"
#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

namespace {

bool is_taken(const SlicedTree& tree) { return tree.num_planes == kLeafBytePlanes; }

}  // namespace

std::shared_ptr<const OwnedLeafBytes> make_leaf_bytes(const BundleView& bundle) {
  const ForestView forest = view_forest(bundle.model.section);
  if (forest.program == nullptr || forest.header->leaf_width != 1 || sums_floats(*forest.header) ||
      sliced_avx512() == nullptr || !looks_up_bytes()) {
    return {};
  }
  const SlicedView program = view_sliced(forest.program, *forest.header);
  const std::span trees(program.trees, forest.header->num_trees);
  if (std::none_of(trees.begin(), trees.end(), is_taken)) return {};
  const uint64_t num_bytes = uint64_t{program.header->num_leaves} * sizeof(double);
  auto made = std::make_shared<OwnedLeafBytes>((num_bytes + 63) / 64);
  constexpr uint32_t kLeaves = 1u << kLeafBytePlanes;
  for (const SlicedTree& tree : trees) {
    if (!is_taken(tree)) continue;
    uint8_t* to = (*made)[0].bytes + uint64_t{tree.first_leaf} * sizeof(double);
    for (uint32_t code = 0; code < kLeaves; ++code) {
      const auto bits = std::bit_cast<uint64_t>(program.leaves[tree.first_leaf + code]);
      for (uint32_t i = 0; i < sizeof(double); ++i) {
        to[i * kLeaves + code] = static_cast<uint8_t>(bits >> 8 * i);
      }
    }
  }
  return made;
}

}  // namespace mainspring
