// The values that the nodes of a forest compare: features, rounded and treated as each slot wants
// it, for eight rows side by side.
#pragma once
#include <cstdint>

#include "runtime/models/forest/forest.hpp"

namespace mainspring {

/// Walks that run at a time, and rows of a group.
inline constexpr uint32_t kChains = 8;

/// Values of a row: the one that leaves read, then one for each slot. Eight rows lie side by side:
/// value v of row r of a group is at [v * kChains + r], so that the walks of a group share one
/// address and a fill writes whole cache lines.
inline uint64_t group_values(const ForestView& forest) {
  return (uint64_t{forest.header->num_slots} + 1) * kChains;
}

/// One group: rows [first_row, first_row + num_rows) of the tile, at most eight. What lies behind
/// them in the group stays as it was.
void fill_group(const ForestView& forest, const FeatureTile& features, uint32_t first_row,
                uint32_t num_rows, double* values) noexcept;

/// The leaves of a group's rows.
void walk_group(const ForestView& forest, const ForestTree& tree, const double* values,
                uint32_t (&leaves)[kChains]) noexcept;

/// Adds the leaves of one row, whose values lie kChains apart, to the sums at `out`.
void predict_one(const ForestView& forest, const double* values, double* out) noexcept;

inline bool in_set(const uint32_t* set_words, const ForestNode& node, double value) {
  const auto category = static_cast<uint32_t>(__builtin_bit_cast(uint64_t, value));
  return (category >> 5) < node.set.num_words &&
         (set_words[node.set.first_word + (category >> 5)] >> (category & 31) & 1) != 0;
}

}  // namespace mainspring
