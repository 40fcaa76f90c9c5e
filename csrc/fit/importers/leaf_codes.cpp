// From the leaves up: below a node, the codes of the left leaves stay, and the right ones are moved
// away from them by one XOR.
#include "fit/importers/leaf_codes.hpp"

#include <bit>

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

bool LeafCodes::assign(std::span<const uint32_t> lefts, uint32_t max_bits) {
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

}  // namespace mainspring
