// For the tests of steps: columns that reach every rule of the steps of step_plans.hpp.
#pragma once
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "step_plans.hpp"

namespace mainspring {

/// Columns for every_step_bundle(); they own what the views point to.
struct StepColumns {
  std::vector<double> numbers;
  std::vector<int64_t> integers, times, offsets{0};
  std::string text;
  std::vector<uint8_t> validity;
  std::vector<int32_t> list_offsets{0};  // of lists whose elements are the other columns
  ColumnView views[7];
  ColumnView elements[3];

  explicit StepColumns(uint64_t num_rows, uint64_t seed = 1) : validity(num_rows / 8 + 1) {
    std::mt19937_64 random(seed);
    const double inf = std::numeric_limits<double>::infinity();
    const std::vector<double> numbers_of_note{0.0,  -0.0,         1.5,  -3.0, 1e300, inf,
                                              -inf, std::nan(""), -1.0, -2.0, 0.5,   3.0};
    const std::vector<int64_t> integers_of_note{0, 1, -5, INT64_MAX, INT64_MIN, 7};
    const std::vector<int64_t> times_of_note{INT64_MIN, INT64_MAX,    0,
                                             -1,        -86400000000, 86399999999};
    const std::vector<std::string> known = words(kNumWords + 50);
    for (uint64_t row = 0; row < num_rows; ++row) {
      const uint64_t draw = random();
      validity[row >> 3] |= static_cast<uint8_t>((draw % 5 != 0) << (row & 7));
      numbers.push_back(draw % 3 == 0 ? numbers_of_note[random() % numbers_of_note.size()]
                                      : static_cast<double>(random() % 1000) / 100 - 4);
      integers.push_back(integers_of_note[random() % integers_of_note.size()]);
      times.push_back(draw % 4 == 0
                          ? times_of_note[random() % times_of_note.size()]
                          : static_cast<int64_t>(random() % 4000000000000000) - 2000000000000000);
      text += known[random() % known.size()];
      offsets.push_back(static_cast<int64_t>(text.size()));
      const auto room = static_cast<int32_t>(num_rows) - list_offsets.back();
      list_offsets.push_back(list_offsets.back() + std::min(room, static_cast<int32_t>(draw % 4)));
    }
    for (uint32_t i = 0; i < 7; ++i) {
      views[i] = ColumnView{};
      views[i].length = num_rows;
      views[i].validity = validity.data();
      views[i].time_zone = "";
    }
    views[0].type = ColumnType::kF64;
    views[0].values = numbers.data();
    views[1].type = ColumnType::kI64;
    views[1].values = integers.data();
    views[2].type = ColumnType::kLargeUtf8;
    views[2].values = offsets.data();
    views[2].bytes = reinterpret_cast<const uint8_t*>(text.data());
    views[3].type = ColumnType::kTimestamp;
    views[3].unit = TimeUnit::kMicro;
    views[3].values = times.data();
    for (uint32_t i = 0; i < 3; ++i) {
      elements[i] = views[i];
      views[4 + i].type = ColumnType::kList;
      views[4 + i].values = list_offsets.data();
      views[4 + i].child = &elements[i];
    }
  }
};

}  // namespace mainspring
