// Codes of the leaves of a tree: going right at a node XORs its code onto the path, and no two
// leaves of the tree may come to the same code.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mainspring {

/// Finds codes for the trees of a forest, one tree after the other. The fewer bits a code has, the
/// fewer masks are XORed for it: one bit where possible, then two, then three.
class LeafCodes {
 public:
  /// `lefts` holds for each node of the tree the number of its left child, whose sibling follows;
  /// of a leaf its own number. Children come behind their parents. False when some leaf would need
  /// a code of more than `max_bits` bits.
  bool assign(std::span<const uint32_t> lefts, uint32_t max_bits);

  /// Of inner nodes: what going right XORs onto the code.
  std::span<const uint32_t> right_codes() const { return right_codes_; }
  /// Of each node: the code of its path, the final one for leaves.
  std::span<const uint32_t> path_codes() const { return path_codes_; }
  /// Bits of the largest code.
  uint32_t num_bits() const { return num_bits_; }

 private:
  uint32_t find_code(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right,
                     uint32_t limit);
  bool fits(const std::vector<uint32_t>& right, uint32_t code, uint32_t limit) const;

  std::vector<uint32_t> right_codes_, path_codes_;
  std::vector<std::vector<uint32_t>> codes_below_;
  std::vector<uint32_t> taken_;  // by code: the number of the question that it was taken in
  uint32_t question_ = 0;
  uint32_t num_bits_ = 0;
};

}  // namespace mainspring
