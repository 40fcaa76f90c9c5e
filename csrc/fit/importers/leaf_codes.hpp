// Codes of the leaves of a tree: going right at a node XORs its code onto the path, and no two
// leaves of the tree may come to the same code.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mainspring {

/// Finds codes for the trees of a forest, one tree after the other. Codes of leaves have as few
/// bits as numbers of them would have, since they look up tables of leaves. The fewer bits of a
/// node's code are ones, the fewer masks are XORed for it: one where possible.
class LeafCodes {
 public:
  /// `lefts` holds for each node of the tree the number of its left child, whose sibling follows;
  /// of a leaf its own number. Children come behind their parents. False when there are more leaves
  /// than codes of `max_bits` bits.
  bool assign(std::span<const uint32_t> lefts, uint32_t max_bits);

  /// Of inner nodes: what going right XORs onto the code.
  std::span<const uint32_t> right_codes() const { return right_codes_; }
  /// Of each node: the code of its path, the final one for leaves.
  std::span<const uint32_t> path_codes() const { return path_codes_; }
  /// Bits of the largest code.
  uint32_t num_bits() const { return num_bits_; }

 private:
  bool merge(std::span<const uint32_t> lefts, uint32_t max_bits);
  uint32_t find_code(const std::vector<uint32_t>& left, const std::vector<uint32_t>& right,
                     uint32_t limit);
  bool fits(const std::vector<uint32_t>& right, uint32_t code, uint32_t limit) const;
  void count_leaves(std::span<const uint32_t> lefts);
  void place(std::span<const uint32_t> lefts, uint32_t num_bits);
  uint32_t place_near(uint32_t code, bool wants_room);
  void take(uint32_t code);

  std::vector<uint32_t> right_codes_, path_codes_;
  std::vector<uint32_t> num_leaves_;  // below each node
  uint32_t num_bits_ = 0;

  // Of merge():
  std::vector<std::vector<uint32_t>> codes_below_;
  std::vector<uint32_t> taken_;  // by code: the number of the question that it was taken in
  uint32_t question_ = 0;

  // Of place():
  std::vector<uint32_t> moves_;            // all but none, those of fewer bits first
  std::vector<uint8_t> is_placed_;         // by code
  std::vector<uint32_t> free_neighbours_;  // by code: of those that are one bit away
};

}  // namespace mainspring
