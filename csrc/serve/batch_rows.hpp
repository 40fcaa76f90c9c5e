// Rows of several requests behind one another, in memory of their own: what a batch is predicted
// from.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/arrow/column_view.hpp"

namespace mainspring {

class BatchRows {
 public:
  explicit BatchRows(uint32_t num_columns) : columns_(num_columns) {}

  /// Copies rows of numbers, times and texts, as a tile of JSON or another BatchRows has them, in
  /// the same order of columns each time.
  void append(const ColumnView* columns, uint64_t num_rows);
  uint64_t num_rows() const { return num_rows_; }
  /// Valid until the next append.
  std::span<const ColumnView> views();

 private:
  struct Column {
    ColumnType type = ColumnType::kNull;
    TimeUnit unit = TimeUnit::kNone;
    std::vector<uint8_t> validity;  // bits
    std::vector<uint64_t> values;  // bits of numbers, or where texts begin, and where the last ends
    std::string bytes;
  };
  void append_column(const ColumnView& from, uint64_t num_rows, Column* to);

  uint64_t num_rows_ = 0;
  std::vector<Column> columns_;
  std::vector<ColumnView> views_;
};

}  // namespace mainspring
