// Keys that the operators over one column number together, each row once.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/key_index.hpp"

namespace mainspring {

/// The keys that are left when a column has more than may be kept: once for all states that share
/// them, whose counts are alike.
struct KeyCut {
  std::shared_ptr<KeyIndex> before;
  std::shared_ptr<KeyIndex> after;
  std::vector<uint32_t> kept;  // numbers before, in the order of the numbers after
};

/// The values of the keys that are kept.
template <class T, class Number>
std::vector<T> kept_of(const std::vector<T>& values, const std::vector<Number>& kept) {
  std::vector<T> left;
  left.reserve(kept.size());
  for (const Number number : kept) left.push_back(values[number]);
  return left;
}

/// A KeyIndex of several states, until one of them adds keys that the others do not.
class SharedKeys {
 public:
  const KeyIndex& operator*() const { return *index_; }
  const KeyIndex* operator->() const { return index_.get(); }
  /// To change it for this state alone.
  KeyIndex& own() {
    if (index_.use_count() > 1) index_ = std::make_shared<KeyIndex>(*index_);
    return *index_;
  }
  /// Cuts the keys down when there are more than max_keys, and says whether there were: cut.kept
  /// are those that stay. counts() are the rows of each key.
  template <class Counts>
  bool limit(uint64_t max_keys, const Counts& counts, KeyCut& cut) {
    if (index_->size() <= max_keys) return false;
    if (cut.before != index_) {
      uint64_t taken = 0;
      cut.kept = index_->heaviest(max_keys, counts(), &taken);
      cut.after = std::make_shared<KeyIndex>(index_->cut(cut.kept, taken));
      cut.before = index_;
    }
    index_ = cut.after;
    return true;
  }
  /// From now on those of `index`, which has numbered all keys that are here in the same way.
  void share(const std::shared_ptr<KeyIndex>& index) {
    if (index_ != index) index_ = index;
  }
  /// The number of each row's key, in `room` or where others have numbered them.
  const uint32_t* number_rows(const FitTile& tile, uint32_t room[kTileRows]) {
    if (tile.keys != nullptr) {
      share(*tile.keys);
      return tile.numbers;
    }
    own().number_rows(tile.inputs[0], room);
    return room;
  }

 private:
  std::shared_ptr<KeyIndex> index_ = std::make_shared<KeyIndex>();
};

}  // namespace mainspring
