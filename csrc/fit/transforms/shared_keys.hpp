// Keys that the operators over one column number together, each row once.
#pragma once
#include <cstdint>
#include <memory>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/key_index.hpp"

namespace mainspring {

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
  /// The number of each row's key, in `room` or where others have numbered them.
  const uint32_t* number_rows(const FitTile& tile, uint32_t room[kTileRows]) {
    if (tile.keys != nullptr) {
      if (index_ != *tile.keys) index_ = *tile.keys;
      return tile.numbers;
    }
    own().number_rows(tile.inputs[0], room);
    return room;
  }

 private:
  std::shared_ptr<KeyIndex> index_ = std::make_shared<KeyIndex>();
};

}  // namespace mainspring
