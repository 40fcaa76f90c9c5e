// In how many rows each category of a column occurs: what ordinal and one_hot learn.
#pragma once
#include <cstdint>
#include <vector>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/key_tallies.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {

class KeyCounts {
 public:
  /// Of lists: a row counts once for each key that its list holds.
  void update(const FitTile& tile);
  /// The only row of the tile, `count` times.
  void add(const FitTile& one_row, uint64_t count);
  TallyFolds tally_folds(bool) const { return {}; }
  void add_tallies(const KeyTallies& tallies, const std::shared_ptr<KeyIndex>& index);
  void merge(const KeyCounts& other);
  void limit_keys(uint64_t max_keys, KeyCut& cut);
  uint64_t key_error() const { return keys->error(); }
  void write(StateWriter& writer) const;
  void read(StateReader& reader);

  SharedKeys keys;
  std::vector<uint64_t> counts;  // of each key: rows
  uint64_t missing = 0;          // rows
  uint64_t num_rows = 0;         // all of them, those of empty lists too

 private:
  template <class T>
  void update_lists(const Tile& lists);

  // What tells that a list holds a key twice: 1 + num_rows before the row that each key was counted
  // for last; no two rows have the same, because num_rows never falls.
  std::vector<uint64_t> counted_for_;
};

}  // namespace mainspring
