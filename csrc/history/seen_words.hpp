// Words of one window with a mark each: open addressing that forgets all by a new round.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mainspring {

/// Which words were seen, and a mark for each; emptied without a look at what is in it.
class SeenWords {
 public:
  void clear();
  /// A word's mark; null where it was not seen.
  const bool* find(uint64_t word) const;
  void put(uint64_t word, bool mark);

 private:
  struct Cell {
    uint64_t word = 0;
    uint32_t round = 0;  // of another round: empty
    bool mark = false;
  };
  uint64_t place_of(uint64_t word) const;

  std::vector<Cell> cells_;
  uint32_t round_ = 1;
  size_t used_ = 0;
};

}  // namespace mainspring
