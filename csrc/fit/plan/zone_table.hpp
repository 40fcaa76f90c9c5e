// Builds the zone tables that steps read (runtime/steps/local_time.hpp).
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mainspring {

/// By the names of the zones; null where local time is UTC.
using ZoneTables = std::map<std::string, std::shared_ptr<const std::vector<uint8_t>>>;

/// `first_offset` holds before transitions[0], offsets[i] from transitions[i] on (UTC seconds since
/// 1970, strictly ascending; offsets in seconds east of UTC). A fixed offset has no transitions.
/// Throws Error(kParameter) when the two have different lengths or are out of range.
std::vector<uint8_t> build_zone_table(int32_t first_offset, std::span<const int64_t> transitions,
                                      std::span<const int32_t> offsets);

}  // namespace mainspring
