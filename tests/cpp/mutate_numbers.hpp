// Changes to numbers in text, and values that forests have rules for.
#pragma once
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string_view>
#include <vector>

#include "random.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

inline bool is_digit(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || byte == '-' || byte == '.';
}

/// In text: a number becomes another one. Bytes of UBJSON that look like digits may as well.
inline void mutate_number(std::vector<uint8_t>& bytes, Random& random) {
  constexpr const char* kNumbers[] = {"0",    "-1",   "1",  "2",   "5",          "31",  "1e30",
                                      "1e99", "-0.5", "64", "NaN", "2147483648", "1e-", "Infinity"};
  const uint64_t start = below(random, bytes.size());
  for (uint64_t i = 0; i < bytes.size(); ++i) {
    uint64_t first = (start + i) % bytes.size();
    if (!is_digit(bytes[first])) continue;
    uint64_t last = first;
    while (last < bytes.size() && is_digit(bytes[last])) ++last;
    const std::string_view other = kNumbers[below(random, std::size(kNumbers))];
    bytes.erase(bytes.begin() + static_cast<int64_t>(first),
                bytes.begin() + static_cast<int64_t>(last));
    bytes.insert(bytes.begin() + static_cast<int64_t>(first), other.begin(), other.end());
    return;
  }
}

inline std::vector<double> random_columns(uint32_t num_features, Random& random) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kSpecial[] = {NAN,   kInfinity, -kInfinity, 0,   -0.0,  1e-36,
                                 1e-46, -1.5,      31,         2e9, -1e300};
  std::vector<double> columns(uint64_t{num_features} * kTileRows);
  for (double& value : columns) {
    value = one_in(random, 3) ? kSpecial[below(random, std::size(kSpecial))]
                              : static_cast<double>(below(random, 400)) / 40.0 - 2.0;
  }
  return columns;
}

}  // namespace mainspring
