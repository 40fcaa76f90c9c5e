// The payload of a lookup in its parts, so that a fuzzer can change one and write all of them
// again.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "runtime/core/key_table.hpp"

namespace mainspring {

/// Larger tables are not rebuilt: there are many mutants to make.
inline constexpr uint64_t kMaxRebuilt = 4096;

/// A lookup table in its parts: entries, cells, and the arena with its zeros.
struct LookupParts {
  LookupHeader header;
  uint64_t entry_bytes;
  std::vector<uint8_t> entries;
  std::vector<uint32_t> cells;
  std::vector<uint8_t> arena;

  /// False when the payload is none, or too large to rebuild often.
  bool take(const std::vector<uint8_t>& payload) {
    if (payload.size() < sizeof(header)) return false;
    std::memcpy(&header, payload.data(), sizeof(header));
    if (header.layout != 0) return false;  // another shape; test_steps_lookup changes those
    const bool is_bytes = header.key_type == static_cast<uint32_t>(ValueType::kBytes);
    entry_bytes = is_bytes ? sizeof(BytesEntry) : sizeof(uint64_t);
    if (header.num_entries > kMaxRebuilt || header.num_cells > 2 * kMaxRebuilt) return false;
    const uint64_t cells_at = sizeof(header) + header.num_entries * entry_bytes;
    const uint64_t arena_at = cells_at + header.num_cells * sizeof(uint32_t);
    if (arena_at > payload.size()) return false;
    const auto at = [&](uint64_t place) { return payload.begin() + static_cast<int64_t>(place); };
    entries.assign(at(sizeof(header)), at(cells_at));
    cells.resize(header.num_cells);
    if (arena_at > cells_at) {
      std::memcpy(cells.data(), payload.data() + cells_at, arena_at - cells_at);
    }
    arena.assign(at(arena_at), payload.end());
    return true;
  }

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
