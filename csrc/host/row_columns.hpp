// One row as columns of length one: how a dict, and later a line of JSON, takes the same way
// through the engine as a batch does, to the same bits.
#pragma once
#include <cstdint>
#include <vector>

#include "host/row_list.hpp"
#include "runtime/arrow/column_view.hpp"

namespace mainspring {

/// Reused from row to row; every input must be set for each row. Bytes are borrowed until the row
/// has been predicted.
class RowColumns {
 public:
  explicit RowColumns(uint32_t num_inputs);

  void set_missing(uint32_t input);
  void set_number(uint32_t input, double value);
  void set_integer(uint32_t input, int64_t value);
  void set_unsigned(uint32_t input, uint64_t value);
  void set_time(uint32_t input, int64_t ticks, TimeUnit unit);
  void set_bytes(uint32_t input, const void* data, uint64_t length);
  /// An empty list, to which add_element() appends; `kind` is the input's. Elements are copied.
  void begin_list(uint32_t input, InputKind kind);
  void add_element(uint32_t input, const ColumnView& element);  // a column of one row
  void end_list(uint32_t input);

  const ColumnView* columns() const { return columns_.data(); }

 private:
  union Value {
    double number;
    int64_t integer;
    uint64_t unsigned_integer;
    int64_t offsets[2];
  };
  ColumnView& column(uint32_t input, ColumnType type, TimeUnit unit = TimeUnit::kNone);

  std::vector<ColumnView> columns_;
  std::vector<Value> values_;  // never grows: the columns point into it
  std::vector<RowList> lists_;
};

}  // namespace mainspring
