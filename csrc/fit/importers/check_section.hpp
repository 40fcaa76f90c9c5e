// A MODEL section that was just written, through the same door as every reader.
#pragma once
#include <cstdint>
#include <span>

namespace mainspring {

/// Throws Error(kData, `complaint`) when open_model() refuses the section.
void check_section(std::span<const uint8_t> section, const char* complaint);

}  // namespace mainspring
