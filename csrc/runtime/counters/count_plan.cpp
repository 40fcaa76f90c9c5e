// Reads a count plan that nobody trusts, and counts tiles with it. One addition a value; edges are
// found by halving, categories by their hash.
#include "runtime/counters/count_plan.hpp"

#include <cstddef>

#include "runtime/core/crc.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

Status bad(Code code, uint64_t index) { return Status{code, index}; }

const double* edges_of(const CountPlan& plan, const CountedColumn& column) {
  return reinterpret_cast<const double*>(plan.bytes + column.data_offset);
}

const CategorySlot* slots_of(const CountPlan& plan, const CountedColumn& column) {
  return reinterpret_cast<const CategorySlot*>(plan.bytes + column.data_offset);
}

bool is_zero(const uint8_t* bytes, uint64_t length) {
  uint8_t seen = 0;
  for (uint64_t i = 0; i < length; ++i) seen |= bytes[i];
  return seen == 0;
}

bool edges_are_sound(const CountPlan& plan, const CountedColumn& column) {
  const double* edges = edges_of(plan, column);
  if (column.num_bins != column.num_entries + 1 || !(column.scale > 0) ||
      column.scale - column.scale != 0) {
    return false;
  }
  if (edges[0] != edges[0]) return false;
  for (uint32_t i = 1; i < column.num_entries; ++i) {
    if (!(edges[i - 1] < edges[i])) return false;
  }
  return true;
}

/// Every search for a category ends, because a slot is empty.
bool slots_are_sound(const CountPlan& plan, const CountedColumn& column) {
  if ((column.num_entries & (column.num_entries - 1)) != 0 || column.scale != 1.0) return false;
  const CategorySlot* slots = slots_of(plan, column);
  uint32_t num_used = 0;
  for (uint32_t i = 0; i < column.num_entries; ++i) {
    if (slots[i].used > 1 || slots[i].bin >= column.num_bins) return false;
    num_used += slots[i].used;
  }
  return num_used < column.num_entries;
}

bool column_is_sound(const CountPlan& plan, const CountedColumn& column) {
  const bool numbers = column.counted_as == static_cast<uint32_t>(CountedAs::kNumbers);
  if (!numbers && column.counted_as != static_cast<uint32_t>(CountedAs::kCategories)) return false;
  const uint64_t size = numbers ? sizeof(double) : sizeof(CategorySlot);
  const uint64_t length = plan.header->length;
  if (column.num_bins == 0 || column.num_bins > kMaxCountBins || column.num_entries == 0 ||
      column.num_entries > 4 * kMaxCountBins || column.data_offset % sizeof(double) != 0 ||
      column.data_offset > length || column.num_entries > (length - column.data_offset) / size ||
      column.reserved != 0 || !is_zero(column.padding, sizeof column.padding)) {
    return false;
  }
  return numbers ? edges_are_sound(plan, column) : slots_are_sound(plan, column);
}

Status read_header(const uint8_t* bytes, uint64_t length, CountPlan* plan) {
  if (reinterpret_cast<uintptr_t>(bytes) % 64 != 0) return bad(Code::kMisaligned, 0);
  if (length < sizeof(CountPlanHeader)) return bad(Code::kTruncated, length);
  const auto* header = reinterpret_cast<const CountPlanHeader*>(bytes);
  if (!same_bytes(header->magic, kCountPlanMagic, sizeof kCountPlanMagic)) {
    return bad(Code::kForeign, 0);
  }
  if (header->version != kCountVersion) return bad(Code::kNewerVersion, header->version);
  if (length < header->length) return bad(Code::kTruncated, length);
  const uint64_t room = (length - sizeof(CountPlanHeader)) / sizeof(CountedColumn);
  if (length > header->length || header->num_columns > room) return bad(Code::kCorrupt, length);
  if (crc_without_itself(bytes, length, offsetof(CountPlanHeader, crc)) != header->crc) {
    return bad(Code::kBadChecksum, 0);
  }
  if (!is_zero(header->reserved, sizeof header->reserved)) return bad(Code::kCorrupt, 0);
  *plan = {bytes, header, reinterpret_cast<const CountedColumn*>(bytes + sizeof(CountPlanHeader))};
  return kOkStatus;
}

/// The edges below a value: the number of its bin.
uint32_t bin_of_number(const double* edges, uint32_t num_edges, double value) {
  uint32_t first = 0;
  while (num_edges != 0) {
    const uint32_t half = num_edges / 2;
    if (value > edges[first + half]) {
      first += half + 1;
      num_edges -= half + 1;
    } else {
      num_edges = half;
    }
  }
  return first;
}

uint32_t bin_of_category(const CategorySlot* slots, const CountedColumn& column,
                         const BytesView& value) {
  const uint64_t hash = hash_bytes(value.data, value.length);
  const uint32_t mask = column.num_entries - 1;
  for (auto at = static_cast<uint32_t>(hash) & mask; slots[at].used != 0; at = (at + 1) & mask) {
    if (slots[at].hash == hash) return slots[at].bin;
  }
  return column.num_bins - 1;
}

}  // namespace

uint32_t crc_without_itself(const uint8_t* bytes, uint64_t length, uint64_t crc_at) noexcept {
  constexpr uint8_t kZero[sizeof(uint32_t)] = {};
  const uint64_t behind = crc_at + sizeof(uint32_t);
  const uint32_t before = crc32c(bytes, crc_at);
  return crc32c(bytes + behind, length - behind, crc32c(kZero, sizeof kZero, before));
}

Status read_count_plan(const uint8_t* bytes, uint64_t length, uint32_t num_inputs,
                       CountPlan* plan) noexcept {
  const Status status = read_header(bytes, length, plan);
  if (!status.ok()) return status;
  uint64_t next_word = 0;
  uint32_t next_input = 0;
  for (uint32_t i = 0; i < plan->header->num_columns; ++i) {
    const CountedColumn& column = plan->columns[i];
    if (column.input < next_input || column.input >= num_inputs || column.first_word != next_word ||
        !column_is_sound(*plan, column)) {
      return bad(Code::kCorrupt, i);
    }
    next_input = column.input + 1;
    next_word += uint64_t{1} + column.num_bins;
  }
  if (next_word != plan->header->num_words) return bad(Code::kCorrupt, plan->header->num_columns);
  return kOkStatus;
}

void count_tile(const CountPlan& plan, const CountedColumn& column, const Tile& tile,
                uint64_t* words) noexcept {
  uint64_t* const counts = words + column.first_word;
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    uint32_t word = 0;
    if (is_valid(tile.validity, row)) {
      if (tile.type == ValueType::kBytes) {
        word = 1 + bin_of_category(slots_of(plan, column), column, values_of<BytesView>(tile)[row]);
      } else {
        const double value =
            tile.type == ValueType::kF64
                ? values_of<double>(tile)[row]
                : static_cast<double>(values_of<int64_t>(tile)[row]) * column.scale;
        word = 1 + bin_of_number(edges_of(plan, column), column.num_entries, value);
      }
    }
    ++counts[word];
  }
}

}  // namespace mainspring
