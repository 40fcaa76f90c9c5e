// Text as a JSON string.
#pragma once
#include <cstdint>

namespace mainspring {

/// The longest that `length` bytes become, quotes included.
constexpr uint64_t max_json_text(uint64_t length) { return 6 * length + 2; }

/// Quotes and escapes what must be: quotes, backslashes and control characters; all else stays as
/// it is. Returns the bytes written.
uint64_t write_json_text(const char* text, uint64_t length, char* out) noexcept;

}  // namespace mainspring
