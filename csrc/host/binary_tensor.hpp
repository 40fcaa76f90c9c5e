// A column of a request as raw little-endian values, one behind the other: the binary tensor data
// extension of the Open Inference Protocol. Texts and bytes stand behind their length in 4 bytes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/json/field.hpp"

namespace mainspring {

class BinaryTensor {
 public:
  /// `name` is for messages; `missing` are rows that have no value, whatever stands there.
  BinaryTensor(std::string name, Datatype datatype, const uint8_t* begin, const uint8_t* end,
               std::vector<uint64_t> missing);

  /// Throws Error(kData) unless there are exactly that many values, BOOL ones are 0 or 1, and the
  /// missing rows are among them.
  void check(uint64_t num_values);

  /// The next `count` values, into rows 0, 1, ... of a column of `field`, which the datatype feeds.
  /// Texts of the column lie in `text`. Throws Error(kData) for a value that its column does not
  /// take.
  void read(const Field& field, uint32_t count, const FieldColumn& column, const uint8_t* text);

 private:
  [[noreturn]] void fail(uint64_t row, const std::string& message) const;
  void read_number(const Field& field, uint32_t row, const FieldColumn& column);
  void read_bytes(const Field& field, uint32_t row, const FieldColumn& column, const uint8_t* text);

  std::string name_;
  Datatype datatype_;
  const uint8_t* at_;
  const uint8_t* end_;
  std::vector<uint64_t> missing_;  // ascending
  size_t next_missing_ = 0;
  uint64_t row_ = 0;
};

/// Bytes of one value; 0 where they differ from value to value.
uint32_t value_bytes(Datatype datatype);

}  // namespace mainspring
