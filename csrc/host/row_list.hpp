// The list that one row of a list column holds, built element by element.
#pragma once
#include <cstdint>
#include <vector>

#include "runtime/arrow/column_view.hpp"

namespace mainspring {

/// Reused from row to row: memory stays. Elements are copied.
class RowList {
 public:
  /// Starts anew. `kind` is a list kind.
  void clear(InputKind kind);
  /// Appends the value of a column of one row, as `kind` reads elements.
  void add(const ColumnView& element);
  /// Makes *view a column of this one list. It points into this object, until the next clear().
  void show(ColumnView* view);

 private:
  InputKind element_kind_ = InputKind::kBytes;
  std::vector<uint8_t> validity_;
  std::vector<uint64_t> words_;   // integers, or the bits of floats
  std::vector<int64_t> offsets_;  // of bytes
  std::vector<uint8_t> bytes_;
  uint64_t count_ = 0;
  int64_t bounds_[2] = {0, 0};
  ColumnView elements_{};
};

}  // namespace mainspring
