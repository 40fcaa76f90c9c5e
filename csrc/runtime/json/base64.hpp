// Base64 (RFC 4648, S. Josefsson, 2006): how binary values are written in JSON.
#pragma once
#include <cstdint>

namespace mainspring {

/// Decodes the standard alphabet, padded; out holds length / 4 * 3 bytes. False for anything else,
/// bits behind the last byte that are not zero included.
bool decode_base64(const uint8_t* text, uint64_t length, uint8_t* out,
                   uint64_t* num_bytes) noexcept;

}  // namespace mainspring
