// The payload of a lookup in its parts, so that a fuzzer can change one and write all of them
// again.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "runtime/core/key_table.hpp"

namespace mainspring {

/// A lookup table in its parts: entries, cells, and the arena with its zeros.
struct LookupParts {
  LookupHeader header;
  uint64_t entry_bytes;
  std::vector<uint8_t> entries;
  std::vector<uint32_t> cells;
  std::vector<uint8_t> arena;

  std::vector<uint8_t> payload() const {
    std::vector<uint8_t> bytes(sizeof(header) + entries.size() + cells.size() * sizeof(uint32_t));
    std::memcpy(bytes.data(), &header, sizeof(header));
    std::copy(entries.begin(), entries.end(), bytes.begin() + sizeof(header));
    if (!cells.empty()) {
      std::memcpy(bytes.data() + sizeof(header) + entries.size(), cells.data(),
                  cells.size() * sizeof(uint32_t));
    }
    bytes.insert(bytes.end(), arena.begin(), arena.end());
    return bytes;
  }
  /// The number in a cell takes as many bits as num_entries does: more entries, other cells.
  void set_num_entries(uint32_t num_entries) {
    const uint32_t before = cell_mask(header.num_entries);
    const uint32_t after = cell_mask(num_entries);
    for (uint32_t& cell : cells) cell = (cell & before) | (cell & ~(before | after));
    header.num_entries = num_entries;
    entries.resize(num_entries * entry_bytes);
  }
};

}  // namespace mainspring
