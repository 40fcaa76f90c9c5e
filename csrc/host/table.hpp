// A table in memory: Arrow batches that were handed over through the C stream interface, owned
// until the last user goes.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/arrow/column_view.hpp"

namespace mainspring {

/// Immutable after construction; safe to read from many threads. Copying shares the batches.
class Table {
 public:
  struct Column {
    std::string name;
    ColumnType type;  // of the values, behind dictionaries and runs; of a list, its elements'
    bool is_list;
    int32_t scale;  // of decimals
    TimeUnit unit;
    std::string time_zone;
    std::string type_name;  // as users know it
    bool readable;  // false: an Arrow type the engine does not take; an error only when the column
                    // is used
  };

  /// Key in the metadata of a column of text that whoever reads a file has made a dictionary of, to
  /// be faster: its type_name is that of the text, which the user knows.
  static constexpr std::string_view kReadAsDictionary = "mainspring.read_as_dictionary";

  /// Takes everything that the stream yields and releases it. Columns are viewed and verified when
  /// first used (see batch_column): those that nobody reads cost their names. Throws Error(kSchema)
  /// when the stream is not a stream of struct arrays, Error(kData) when it fails midway, or when a
  /// row is null as a whole.
  static Table from_stream(ArrowArrayStream* stream);
  /// Takes one struct array.
  static Table from_array(ArrowSchema* schema, ArrowArray* array);

  uint64_t num_rows() const;
  /// Described at the first call: names alone are cheaper.
  const std::vector<Column>& columns() const;
  const std::vector<std::string_view>& column_names() const;
  /// At least 1: a table without rows has one batch of none, whose views still have their types.
  uint32_t num_batches() const;
  uint64_t batch_rows(uint32_t batch) const;
  uint64_t batch_first_row(uint32_t batch) const;

  /// Index of a column, if there is one; throws Error(kSchema) when it is there twice.
  std::optional<uint32_t> find_column(std::string_view name) const;
  /// Index of a column; throws Error(kSchema) with close matches when it is missing or there twice.
  uint32_t column_index(std::string_view name) const;
  /// View of one chunk, verified on first use. Throws Error(kSchema) naming the column, its type
  /// and what to cast it to when the engine does not read it, Error(kData) when its buffers are
  /// inconsistent.
  const ColumnView& batch_column(uint32_t batch, uint32_t column) const;

 private:
  struct Impl;
  explicit Table(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace mainspring
