// A column and which of its rows a pass takes: a run of them, or those that a list on the device
// names. A window of a drift report is either.
#pragma once
#include "read_time.hpp"

namespace mainspring::gpu {

inline constexpr uint32_t kPassThreads = 256;

struct ChosenRows {
  DeviceColumn column;
  const uint64_t* rows;  // null: as they lie
  uint64_t mask;         // the bits of an entry of `rows` that are a row's number
  uint64_t first;        // row, or entry
};

MAINSPRING_BOTH inline uint64_t row_at(const ChosenRows& chosen, uint64_t i) {
  const uint64_t at = chosen.first + i;
  return chosen.rows == nullptr ? at : chosen.rows[at] & chosen.mask;
}

/// What a profile counts: a number, or of a time its microseconds; NaN where missing.
MAINSPRING_BOTH inline double read_counted(const ChosenRows& chosen, uint64_t i) {
  const uint64_t row = row_at(chosen, i);
  if (chosen.column.unit == TimeUnit::kNone) return read_number(chosen.column, row);
  int64_t time;
  const bool present = read_time(chosen.column, row, TimeUnit::kMicro, &time);
  return present ? static_cast<double>(time) : kQuietNan;
}

}  // namespace mainspring::gpu
