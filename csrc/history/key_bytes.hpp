// Keys of rows as bytes that are equal where the keys are: what a state that outlives its tables
// knows keys by.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/table.hpp"

namespace mainspring {

struct KeyBytes {
  std::string bytes;             // of all rows, back to back
  std::vector<uint64_t> starts;  // rows + 1
  std::vector<uint8_t> valid;    // 0: a column is null

  std::string_view key(uint64_t row) const {
    return std::string_view(bytes).substr(starts[row], starts[row + 1] - starts[row]);
  }
};

/// One column of a key, after those before it: an integer, boolean or bit pattern of a float...
void append_number(std::string* key, char letter, uint64_t word);
/// ...or a text.
void append_text(std::string* key, std::string_view text);

/// For each column a letter for its kind (integer, float, text, time), then 8 bytes, or a length
/// and the text. Throws Error(kSchema) for columns that are no keys.
KeyBytes key_bytes(const Table& table, std::span<const uint32_t> columns);

}  // namespace mainspring
