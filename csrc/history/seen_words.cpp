// Cells of an earlier round are empty, so that a new window costs nothing.
#include "history/seen_words.hpp"

namespace mainspring {

uint64_t SeenWords::place_of(uint64_t word) const {
  const uint64_t mixed = word * 0x9E3779B97F4A7C15ull, mask = cells_.size() - 1;
  uint64_t at = (mixed ^ (mixed >> 32)) & mask;
  while (cells_[at].round == round_ && cells_[at].word != word) at = (at + 1) & mask;
  return at;
}

void SeenWords::clear() {
  used_ = 0;
  if (++round_ != 0) return;
  round_ = 1;  // after four billion of them
  cells_.assign(cells_.size(), Cell{});
}

const bool* SeenWords::find(uint64_t word) const {
  if (cells_.empty()) return nullptr;
  const Cell& cell = cells_[place_of(word)];
  return cell.round == round_ ? &cell.mark : nullptr;
}

void SeenWords::put(uint64_t word, bool mark) {
  if ((used_ + 1) * 2 > cells_.size()) {
    std::vector<Cell> old(cells_.empty() ? 64 : cells_.size() * 2);
    old.swap(cells_);
    for (const Cell& cell : old) {
      if (cell.round == round_) cells_[place_of(cell.word)] = cell;
    }
  }
  Cell& cell = cells_[place_of(word)];
  used_ += cell.round == round_ ? 0 : 1;
  cell = {word, round_, mark};
}

}  // namespace mainspring
