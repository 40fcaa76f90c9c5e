// Columns that the engine writes, handed over through the C data interface without a copy.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/arrow/c_data.h"

namespace mainspring {

/// A table of one batch. Copying shares the columns; whoever takes an array shares them too, so
/// everything may go in any order. Filled by its maker, not changed afterwards.
class ArrowColumns {
 public:
  enum class Type : uint8_t { kFloat32, kFloat64, kInt32, kInt64, kBool, kText };
  struct Column {
    std::string name;
    Type type;
  };

  /// Room for the values of all columns, 64-byte aligned, not initialised: bits of kBool, lowest
  /// first; offsets of kText, int64, one more than rows.
  ArrowColumns(std::vector<Column> columns, uint64_t num_rows);

  uint64_t num_rows() const;
  const std::vector<Column>& columns() const;
  void* values(uint32_t column);
  /// Room for the bytes of a column of kText.
  char* make_text(uint32_t column, uint64_t num_bytes);

  /// A NaN is among the values of a float32 column. From any thread.
  void note_missing(uint32_t column);
  /// NaN becomes null in the columns that are noted. Once, after all values are there.
  void mark_missing();

  /// A struct array of the columns, released by whoever takes it.
  void export_array(ArrowSchema* schema, ArrowArray* array) const;
  void export_schema(ArrowSchema* schema) const;
  /// A stream of that one array.
  void export_stream(ArrowArrayStream* stream) const;

 private:
  struct Memory;
  std::shared_ptr<Memory> memory_;
};

}  // namespace mainspring
