// Entries of one row into the order of their features, without another call for memory than the
// tile's own.
#include "runtime/steps/sparse_tile.hpp"

namespace mainspring {
namespace {

// Up to here moving entries one by one is faster than counting digits.
constexpr uint64_t kFewEntries = 48;
constexpr uint32_t kDigitBits = 8;
constexpr uint32_t kNumDigits = 1u << kDigitBits;

void sort_few(SparseEntry* entries, uint64_t count) {
  for (uint64_t i = 1; i < count; ++i) {
    const SparseEntry entry = entries[i];
    uint64_t at = i;
    for (; at > 0 && entries[at - 1].feature > entry.feature; --at) entries[at] = entries[at - 1];
    entries[at] = entry;
  }
}

/// By digits from the last on, which keeps the order of equal features; a digit that all entries
/// share costs one look. `spare` has room for as many.
void sort_many(SparseEntry* entries, SparseEntry* spare, uint64_t count) {
  SparseEntry* from = entries;
  SparseEntry* to = spare;
  for (uint32_t shift = 0; shift < 32; shift += kDigitBits) {
    uint64_t starts[kNumDigits] = {};
    for (uint64_t i = 0; i < count; ++i) ++starts[from[i].feature >> shift & (kNumDigits - 1)];
    if (starts[from[0].feature >> shift & (kNumDigits - 1)] == count) continue;
    uint64_t start = 0;
    for (uint64_t& digit : starts) {
      const uint64_t length = digit;
      digit = start;
      start += length;
    }
    for (uint64_t i = 0; i < count; ++i) {
      to[starts[from[i].feature >> shift & (kNumDigits - 1)]++] = from[i];
    }
    SparseEntry* const sorted = to;
    to = from;
    from = sorted;
  }
  if (from == entries) return;
  for (uint64_t i = 0; i < count; ++i) entries[i] = from[i];
}

}  // namespace

void combine_row(SparseTile* tile, uint64_t first, Repeats repeats) noexcept {
  const uint64_t count = tile->num_entries - first;
  if (count < 2) return;
  if (count <= kFewEntries) {
    sort_few(tile->entries + first, count);
  } else {
    if (!make_room(tile, count)) return;
    sort_many(tile->entries + first, tile->entries + tile->num_entries, count);
  }
  SparseEntry* const entries = tile->entries + first;
  uint64_t last = 0;
  for (uint64_t i = 1; i < count; ++i) {
    if (entries[i].feature != entries[last].feature) {
      entries[++last] = entries[i];
    } else if (repeats == Repeats::kAdded) {
      entries[last].value += entries[i].value;
    } else {
      entries[last].value = entries[i].value;
    }
  }
  tile->num_entries = first + last + 1;
}

void drop_zeros(SparseTile* tile, uint64_t first) noexcept {
  uint64_t kept = first;
  for (uint64_t i = first; i < tile->num_entries; ++i) {
    tile->entries[kept] = tile->entries[i];
    kept += tile->entries[i].value != 0;
  }
  tile->num_entries = kept;
}

}  // namespace mainspring
