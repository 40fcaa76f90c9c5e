// As-of joins: for each row of the left the last row of the right that was known by then.
#pragma once
#include <cstdint>
#include <vector>

#include "host/scratch_array.hpp"
#include "host/table.hpp"

namespace mainspring {

struct AsOfRequest {
  uint32_t left_on, right_on;
  std::vector<uint32_t> left_by, right_by;
  int64_t available = -1;  // column of the right: when a row became known; -1: at its time
  int64_t tolerance = -1;  // largest age in the unit of the result; -1: any
  bool allow_exact_matches = false;
  bool sort = false;  // rows may come in any order
};

/// The row of the right for each row of the left, or kNoRow.
struct AsOfRows {
  static constexpr uint32_t kNoRow = UINT32_MAX;
  ScratchArray<uint32_t> rows;
  uint64_t left_without_time = 0, right_without_time = 0;
  uint64_t left_without_key = 0, right_without_key = 0;
  uint64_t right_never_available = 0;
};

/// The unit that times are compared in, which tolerance counts.
TimeUnit as_of_unit(const Table& left, const Table& right, const AsOfRequest& request);

/// Of the rows of the right with the key, time < t (<= where exact matches are allowed), time >= t
/// - tolerance and available <= t: the one that is last by (time, available, row). Throws
/// Error(kData) naming the first row that is out of order, unless request.sort.
AsOfRows as_of_rows(const Table& left, const Table& right, const AsOfRequest& request);

/// out[row] = values[rows[row]], `width` bytes each; a bit of out_valid is set where the row exists
/// and, in the bitmap `valid` (null: all), its value does. Returns how many are null.
uint64_t gather(const AsOfRows& rows, uint64_t num_rows, const uint8_t* values,
                const uint8_t* valid, uint64_t valid_offset, uint32_t width, uint8_t* out,
                uint8_t* out_valid);

}  // namespace mainspring
