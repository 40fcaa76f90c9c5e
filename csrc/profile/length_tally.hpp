// Lengths of a column's strings, in bytes.
#pragma once
#include <algorithm>
#include <cstdint>

#include "host/state_bytes.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

struct LengthTally {
  uint64_t count = 0;
  uint64_t sum = 0;
  uint64_t min = 0;  // 0 when there are none
  uint64_t max = 0;

  void add(uint64_t length, uint64_t times) {
    if (times == 0) return;
    min = count == 0 ? length : std::min(min, length);
    max = count == 0 ? length : std::max(max, length);
    count += times;
    sum += length * times;
  }
  void add_all(const BytesView* values, uint32_t num_values) {
    if (num_values == 0) return;
    uint64_t low = count == 0 ? values[0].length : min, high = count == 0 ? low : max, total = 0;
    for (uint32_t i = 0; i < num_values; ++i) {
      low = std::min(low, values[i].length);
      high = std::max(high, values[i].length);
      total += values[i].length;
    }
    min = low;
    max = high;
    sum += total;
    count += num_values;
  }
  void merge(const LengthTally& other) {
    if (other.count == 0) return;
    min = count == 0 ? other.min : std::min(min, other.min);
    max = count == 0 ? other.max : std::max(max, other.max);
    count += other.count;
    sum += other.sum;
  }
  void write(StateWriter& writer) const {
    writer.put(count);
    writer.put(sum);
    writer.put(min);
    writer.put(max);
  }
  static LengthTally read(StateReader& reader) {
    LengthTally tally;
    tally.count = reader.get<uint64_t>();
    tally.sum = reader.get<uint64_t>();
    tally.min = reader.get<uint64_t>();
    tally.max = reader.get<uint64_t>();
    if (tally.min > tally.max) StateReader::fail();
    return tally;
  }
};

}  // namespace mainspring
