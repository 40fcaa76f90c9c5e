// A chunk of a column as plain doubles, in place where it lies in memory as such: for everything
// that takes each number once and knows NaN as missing.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "profile/copy_present.hpp"
#include "profile/walk_tiles.hpp"
#include "runtime/arrow/bitmap.hpp"

namespace mainspring {

/// Calls fn(values, count) for runs of rows, in order; missing rows are NaN. Times are microseconds
/// since 1970-01-01T00:00.
template <class Fn>
void for_each_numbers(const ColumnView& view, bool is_time, Fn fn) {
  constexpr uint64_t kRun = uint64_t{1} << 16;
  const bool aligned = reinterpret_cast<uintptr_t>(view.values) % alignof(double) == 0;
  if (!is_time && view.type == ColumnType::kF64 && aligned) {
    const double* values = static_cast<const double*>(view.values) + view.offset;
    if (view.validity != nullptr) {
      alignas(64) std::array<double, kTileRows> numbers;
      std::array<uint64_t, kValidityWords> valid;
      for (uint64_t first = 0; first < view.length; first += kTileRows) {
        const auto rows = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, view.length - first));
        read_bitmap(view.validity, view.offset + first, rows, valid.data());
        copy_present(values + first, valid.data(), rows, numbers.data());
        fn(numbers.data(), uint64_t{rows});
      }
      return;
    }
    for (uint64_t first = 0; first < view.length; first += kRun) {
      fn(values + first, std::min(kRun, view.length - first));
    }
    return;
  }
  std::array<double, kTileRows> times;
  for_each_tile(view, is_time ? InputKind::kTimestamp : InputKind::kFloat,
                [&](const Tile& tile, uint64_t) {
                  if (!is_time) return fn(values_of<double>(tile), uint64_t{tile.num_rows});
                  for (uint32_t i = 0; i < tile.num_rows; ++i) {
                    times[i] = static_cast<double>(values_of<int64_t>(tile)[i]);
                  }
                  if (count_valid(tile) < tile.num_rows) {
                    for (uint32_t i = 0; i < tile.num_rows; ++i) {
                      if (!is_valid(tile.validity, i)) {
                        times[i] = std::numeric_limits<double>::quiet_NaN();
                      }
                    }
                  }
                  fn(times.data(), uint64_t{tile.num_rows});
                });
}

}  // namespace mainspring
