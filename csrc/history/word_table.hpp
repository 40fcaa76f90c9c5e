// Words to dense numbers in the order of their first sight: open addressing, with the next cells
// fetched while this one is compared.
#pragma once
#include <cstdint>
#include <vector>

namespace mainspring {

class WordTable {
 public:
  static constexpr uint32_t kAbsent = UINT32_MAX;

  WordTable() { resize(1 << 12); }

  void fetch(uint64_t word) const { __builtin_prefetch(&cells_[place(word)]); }

  uint32_t put(uint64_t word) {
    uint64_t at = place(word);
    while (cells_[at].id != kAbsent) {
      if (cells_[at].word == word) return cells_[at].id;
      at = (at + 1) & mask_;
    }
    cells_[at] = {word, size_};
    const uint32_t id = size_++;
    if (uint64_t{2} * size_ > mask_) grow();
    return id;
  }

  uint32_t get(uint64_t word) const {
    uint64_t at = place(word);
    while (cells_[at].id != kAbsent) {
      if (cells_[at].word == word) return cells_[at].id;
      at = (at + 1) & mask_;
    }
    return kAbsent;
  }

  uint32_t size() const { return size_; }

 private:
  struct Cell {
    uint64_t word;
    uint32_t id;
  };

  uint64_t place(uint64_t word) const {
    const uint64_t mixed = word * 0x9E3779B97F4A7C15ull;
    return (mixed ^ (mixed >> 32)) & mask_;
  }
  void resize(uint64_t capacity) {
    cells_.assign(capacity, Cell{0, kAbsent});
    mask_ = capacity - 1;
  }
  void grow() {
    std::vector<Cell> old = std::move(cells_);
    resize(old.size() * 4);
    for (const Cell& cell : old) {
      if (cell.id == kAbsent) continue;
      uint64_t at = place(cell.word);
      while (cells_[at].id != kAbsent) at = (at + 1) & mask_;
      cells_[at] = cell;
    }
  }

  std::vector<Cell> cells_;
  uint64_t mask_ = 0;
  uint32_t size_ = 0;
};

}  // namespace mainspring
