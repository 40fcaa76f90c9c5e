// From the leaves up: below a node, the codes of the left leaves stay, and the right ones are moved
// away from them by one XOR. Nearly all nodes then have codes of one bit, but few trees fill their
// codes like that; the others are placed from the root down, next to what they hang on.
#include "fit/importers/leaf_codes.hpp"

#include <algorithm>
#include <bit>
#include <queue>
#include <utility>

namespace mainspring {

bool LeafCodes::fits(const std::vector<uint32_t>& right, uint32_t code, uint32_t limit) const {
  for (const uint32_t leaf : right) {
    const uint32_t moved = leaf ^ code;
    if (moved >= limit || taken_[moved] == question_) return false;
  }
  return true;
}

uint32_t LeafCodes::find_code(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right,
                              uint32_t limit) {
  ++question_;
  uint32_t largest = 0;
  for (const uint32_t leaf : left) {
    taken_[leaf] = question_;
    largest |= leaf;
  }
  for (const uint32_t leaf : right) largest |= leaf;
  const uint32_t end = std::bit_ceil(largest + 1);
  for (uint32_t code = 1; code < end; code <<= 1) {
    if (fits(right, code, limit)) return code;
  }
  for (int num_bits = 2; num_bits <= 3; ++num_bits) {
    for (uint32_t code = 3; code < end; ++code) {
      if (std::popcount(code) == num_bits && fits(right, code, limit)) return code;
    }
  }
  return end;
}

bool LeafCodes::merge(std::span<const uint32_t> lefts, uint32_t max_bits) {
  const uint32_t limit = uint32_t{1} << max_bits;
  if (taken_.size() < limit) {
    taken_.assign(limit, 0);
    question_ = 0;
  }
  right_codes_.assign(lefts.size(), 0);
  path_codes_.assign(lefts.size(), 0);
  if (codes_below_.size() < lefts.size()) codes_below_.resize(lefts.size());
  for (size_t node = lefts.size(); node-- != 0;) {
    std::vector<uint32_t>& codes = codes_below_[node];
    codes.clear();
    if (lefts[node] == node) {
      codes.push_back(0);
      continue;
    }
    const std::vector<uint32_t>& left = codes_below_[lefts[node]];
    const std::vector<uint32_t>& right = codes_below_[lefts[node] + 1];
    const uint32_t code = find_code(left, right, limit);
    if (code >= limit) return false;
    right_codes_[node] = code;
    codes = left;
    for (const uint32_t leaf : right) codes.push_back(leaf ^ code);
  }
  uint32_t largest = 0;
  for (size_t node = 0; node < lefts.size(); ++node) {
    if (lefts[node] == node) {
      largest |= path_codes_[node];
      continue;
    }
    path_codes_[lefts[node]] = path_codes_[node];
    path_codes_[lefts[node] + 1] = path_codes_[node] ^ right_codes_[node];
  }
  num_bits_ = static_cast<uint32_t>(std::bit_width(largest));
  return true;
}

void LeafCodes::count_leaves(std::span<const uint32_t> lefts) {
  num_leaves_.assign(lefts.size(), 1);
  for (size_t node = lefts.size(); node-- != 0;) {
    if (lefts[node] == node) continue;
    num_leaves_[node] = num_leaves_[lefts[node]] + num_leaves_[lefts[node] + 1];
  }
}

void LeafCodes::take(uint32_t code) {
  is_placed_[code] = 1;
  for (uint32_t bit = 1; bit < is_placed_.size(); bit <<= 1) --free_neighbours_[code ^ bit];
}

/// Of the nearest free codes the one with the most free ones around it, or the fewest.
uint32_t LeafCodes::place_near(uint32_t code, bool wants_room) {
  uint32_t found = code;
  int num_bits = 0;
  for (const uint32_t move : moves_) {
    const uint32_t there = code ^ move;
    if (is_placed_[there] != 0) continue;
    if (found != code && std::popcount(move) > num_bits) break;
    const uint32_t room = free_neighbours_[there], known = free_neighbours_[found];
    if (found == code || (wants_room ? room > known : room < known)) found = there;
    num_bits = std::popcount(move);
  }
  take(found);
  return found;
}

/// All nodes down a left spine have the code of the leaf at its end; what is larger goes first.
void LeafCodes::place(std::span<const uint32_t> lefts, uint32_t num_bits) {
  const uint32_t num_codes = uint32_t{1} << num_bits;
  if (is_placed_.size() != num_codes) {
    moves_.resize(num_codes - 1);
    for (uint32_t i = 0; i < moves_.size(); ++i) moves_[i] = i + 1;
    std::stable_sort(moves_.begin(), moves_.end(),
                     [](uint32_t a, uint32_t b) { return std::popcount(a) < std::popcount(b); });
  }
  is_placed_.assign(num_codes, 0);
  free_neighbours_.assign(num_codes, num_bits);

  using Waiting = std::pair<uint32_t, size_t>;  // leaves below the right child, lefts.size() - node
  std::priority_queue<Waiting> waiting;
  const auto walk_left = [&](size_t node, uint32_t code) {
    for (; lefts[node] != node; node = lefts[node]) {
      path_codes_[node] = code;
      waiting.emplace(num_leaves_[lefts[node] + 1], lefts.size() - node);
    }
    path_codes_[node] = code;
  };
  take(0);
  walk_left(0, 0);
  while (!waiting.empty()) {
    const auto [num_leaves, behind] = waiting.top();
    waiting.pop();
    const size_t node = lefts.size() - behind;
    const uint32_t code = place_near(path_codes_[node], num_leaves > 1);
    right_codes_[node] = path_codes_[node] ^ code;
    walk_left(lefts[node] + 1, code);
  }
  num_bits_ = num_bits;
}

bool LeafCodes::assign(std::span<const uint32_t> lefts, uint32_t max_bits) {
  count_leaves(lefts);
  const auto fewest = static_cast<uint32_t>(std::bit_width(num_leaves_[0] - 1));
  if (fewest > max_bits) return false;
  if (!merge(lefts, max_bits) || num_bits_ > fewest) place(lefts, fewest);
  return true;
}

}  // namespace mainspring
