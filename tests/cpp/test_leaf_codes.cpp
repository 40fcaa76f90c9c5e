// Codes of leaves: all different, of as few bits as there can be, and most nodes XOR one bit.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "check.hpp"
#include "fit/importers/leaf_codes.hpp"
#include "random.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kMaxBits = 12;

/// The left children of a tree whose leaves are split one after the other: a drawn one, the first
/// of all or the last one.
enum class Shape { kDrawn, kBalanced, kLeft, kRight };

std::vector<uint32_t> drawn_tree(Random& random, uint32_t num_leaves, Shape shape) {
  std::vector<uint32_t> lefts{0}, leaves{0};
  while (leaves.size() < num_leaves) {
    size_t at = below(random, leaves.size());
    if (shape == Shape::kBalanced || shape == Shape::kLeft) at = 0;
    if (shape == Shape::kRight) at = leaves.size() - 1;
    const auto left = static_cast<uint32_t>(lefts.size());
    lefts[leaves[at]] = left;
    lefts.insert(lefts.end(), {left, left + 1});
    leaves.erase(leaves.begin() + static_cast<std::ptrdiff_t>(at));
    if (shape == Shape::kLeft) {
      leaves.insert(leaves.begin(), {left, left + 1});
    } else {
      leaves.insert(leaves.end(), {left, left + 1});
    }
  }
  return lefts;
}

void check_codes(const LeafCodes& codes, const std::vector<uint32_t>& lefts, uint32_t num_leaves,
                 Shape shape, const std::string& name) {
  const auto fewest = static_cast<uint32_t>(std::bit_width(num_leaves - 1));
  check(codes.num_bits() == fewest, name + ": the fewest bits");
  std::vector<uint32_t> paths(lefts.size(), 0);
  std::vector<bool> seen(size_t{1} << fewest, false);
  uint32_t num_ones = 0;
  for (size_t node = 0; node < lefts.size(); ++node) {
    check(paths[node] == codes.path_codes()[node], name + ": the XOR of the path");
    if (lefts[node] == node) {
      if (!check(paths[node] < seen.size(), name + ": a code in the table")) return;
      check(!seen[paths[node]], name + ": a code of its own");
      seen[paths[node]] = true;
      continue;
    }
    const uint32_t code = codes.right_codes()[node];
    paths[lefts[node]] = paths[node];
    paths[lefts[node] + 1] = paths[node] ^ code;
    num_ones += static_cast<uint32_t>(std::popcount(code));
  }
  // Leaves that hang side by side on one leaf, as in a tree that grows to the left, have not all of
  // them a place next to it.
  if (shape != Shape::kLeft) {
    check(num_ones <= num_leaves + num_leaves / 2, name + ": few masks to XOR");
  }
}

void codes_of_any_tree_are_few_bits_and_different() {
  Random random(1);
  LeafCodes codes;  // the same for all, as for the trees of a forest
  for (uint32_t round = 0; round < 300; ++round) {
    const auto num_leaves = static_cast<uint32_t>(1 + below(random, round % 10 == 0 ? 4096 : 300));
    const auto shape = static_cast<Shape>(below(random, 4));
    const std::vector<uint32_t> lefts = drawn_tree(random, num_leaves, shape);
    const std::string name = "tree " + std::to_string(round) + " of " + std::to_string(num_leaves);
    if (check(codes.assign(lefts, kMaxBits), name + " has codes")) {
      check_codes(codes, lefts, num_leaves, shape, name);
    }
  }
}

void full_trees_have_codes_of_all_numbers() {
  Random random(2);
  LeafCodes codes;
  for (uint32_t bits = 0; bits <= kMaxBits; ++bits) {
    for (const Shape shape : {Shape::kDrawn, Shape::kBalanced, Shape::kLeft, Shape::kRight}) {
      const std::vector<uint32_t> lefts = drawn_tree(random, 1u << bits, shape);
      if (check(codes.assign(lefts, kMaxBits), "a full tree has codes")) {
        check_codes(codes, lefts, 1u << bits, shape,
                    "a full tree of " + std::to_string(bits) + " bits");
      }
    }
  }
}

void a_leaf_too_many_is_refused() {
  Random random(3);
  LeafCodes codes;
  const std::vector<uint32_t> lefts = drawn_tree(random, (1u << kMaxBits) + 1, Shape::kDrawn);
  check(!codes.assign(lefts, kMaxBits), "4,097 leaves are refused");
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::codes_of_any_tree_are_few_bits_and_different();
  mainspring::full_trees_have_codes_of_all_numbers();
  mainspring::a_leaf_too_many_is_refused();
  return mainspring::finish();
}
