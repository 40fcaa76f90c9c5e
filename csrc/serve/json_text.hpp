// JSON onto the end of a string.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace mainspring {

void append_text(std::string_view text, std::string* out);

/// NaN and infinities, which JSON cannot write, become null.
void append_number(double value, std::string* out);

void append_integer(uint64_t value, std::string* out);

/// `count` numbers from `values` on, `stride` apart, as a list.
void append_list(const double* values, uint64_t count, uint64_t stride, std::string* out);

}  // namespace mainspring
