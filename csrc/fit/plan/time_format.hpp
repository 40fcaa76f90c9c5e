// Formats of times, as strptime writes them, to the items that the step parse_datetime reads.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mainspring {

/// In place of a format: any of the forms of ISO 8601, with an offset or without.
inline constexpr std::string_view kIso8601Format = "ISO8601";

/// Appends the items of a format. False where it has a directive that the step does not know, or
/// two that say the same; *fault is then what a message says of it.
bool append_time_format(std::string_view format, std::vector<uint8_t>* items, std::string* fault);

/// Whether the format reads an offset from UTC.
bool has_offset(std::string_view format);

}  // namespace mainspring
