// An opened bundle that owns its memory, and the rows that one thread hands to it: what a program
// in C++ writes once around the C interface.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mainspring.h"

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, Free>;

/// Memory aligned to 64 bytes, as the interface wants it.
Memory aligned_memory(std::uint64_t num_bytes);

/// Immutable: any number of threads may use it, each with a scratch of its own.
class Model {
 public:
  /// Throws std::runtime_error that says what is wrong with the file.
  explicit Model(const std::string& path);

  const mainspring_bundle* bundle() const { return bundle_; }
  const std::vector<mainspring_input>& inputs() const { return inputs_; }
  std::uint32_t width() const { return width_; }
  std::uint64_t scratch_bytes() const { return scratch_bytes_; }

 private:
  Memory bytes_, arena_;
  mainspring_bundle* bundle_ = nullptr;
  std::vector<mainspring_input> inputs_;
  std::uint32_t width_ = 0;
  std::uint64_t scratch_bytes_ = 0;
};

/// Rows as columns, for one thread. Its memory grows with the largest batch and is used again:
/// after a few batches nothing is allocated.
class Rows {
 public:
  void clear(const Model& model);
  /// One row of comma-separated values in the order of the inputs; an empty one is missing. Throws
  /// std::runtime_error, and the row is not there.
  void add(const Model& model, std::string_view line);
  std::uint64_t size() const { return size_; }
  /// The model's outputs, width() numbers for each row, until the next call. Throws
  /// std::runtime_error.
  const double* predict(const Model& model);

 private:
  struct Column {
    std::vector<double> floats;
    std::vector<std::int64_t> integers;  // also times, and ends of strings
    std::vector<std::int32_t> days;
    std::string bytes;
    std::vector<std::uint8_t> present;  // one a row; bits when the rows are handed over
    std::vector<std::uint8_t> validity;
    std::string zone;
  };
  void put(const mainspring_input& input, Column& column, std::string_view value);
  mainspring_column view(const mainspring_input& input, Column& column);

  std::vector<Column> columns_;
  std::vector<std::string_view> fields_;
  std::vector<mainspring_column> views_;
  std::uint64_t size_ = 0;
  Memory scratch_;
  std::uint64_t scratch_bytes_ = 0;
  std::vector<double> out_;
};
