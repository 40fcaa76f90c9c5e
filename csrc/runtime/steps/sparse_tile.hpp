// The features of a tile without those that are 0: what steps that store features write when rows
// are wanted sparse.
//
// Steps run one after the other, so entries come feature by feature and not row by row; whoever
// asked for them puts them into the order of rows once, at the end (predictor/sparse_rows.hpp).
// There may be any number of them, so the memory is the caller's, and grows by a call.
#pragma once
#include <cstdint>

namespace mainspring {

struct SparseEntry {
  uint32_t row;  // in the tile
  uint32_t feature;
  float value;
};

struct SparseTile {
  SparseEntry* entries;  // the caller's, `capacity` of them
  uint64_t num_entries;
  uint64_t capacity;
  /// Makes room for `needed` entries and keeps those that are there; false: there is no memory.
  bool (*grow)(SparseTile* tile, uint64_t needed) noexcept;
  bool incomplete;  // there was no memory: entries are missing, and the tile is worth nothing
};

/// Room for `more` entries behind those that are there; false, and the tile is incomplete, without.
inline bool make_room(SparseTile* tile, uint64_t more) noexcept {
  const uint64_t needed = tile->num_entries + more;
  if (needed <= tile->capacity) return true;
  if (!tile->incomplete && tile->grow(tile, needed)) return true;
  tile->incomplete = true;
  return false;
}

/// What becomes of a feature that a step stores several times for one row.
enum class Repeats : uint8_t {
  kNever,  // it does not happen: a row has at most one feature of the step
  kOnce,   // it has the value that is stored last
  kAdded,  // the values are added, in the order in which they are stored
};

/// Sorts the entries from `first` on, all of one row, by feature, and makes one of those that have
/// the same.
void combine_row(SparseTile* tile, uint64_t first, Repeats repeats) noexcept;

/// Leaves out the entries from `first` on whose value is 0 or -0; NaN stays.
void drop_zeros(SparseTile* tile, uint64_t first) noexcept;

}  // namespace mainspring
