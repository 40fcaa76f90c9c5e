// 64 x 64 -> 128 bits, also where the target has no 128-bit integers (armv7, WASM).
#pragma once
#include <cstdint>

namespace mainspring {

struct WideProduct {
  uint64_t low;
  uint64_t high;
};

constexpr WideProduct multiply_wide_portable(uint64_t a, uint64_t b) noexcept {
  const uint64_t a_low = a & 0xFFFFFFFF, a_high = a >> 32;
  const uint64_t b_low = b & 0xFFFFFFFF, b_high = b >> 32;
  const uint64_t low = a_low * b_low;
  const uint64_t middle = a_high * b_low + (low >> 32);  // at most (2^32 - 1)^2 + 2^32 - 2: fits
  const uint64_t other = a_low * b_high + (middle & 0xFFFFFFFF);
  return {(other << 32) | (low & 0xFFFFFFFF), a_high * b_high + (middle >> 32) + (other >> 32)};
}

constexpr WideProduct multiply_wide(uint64_t a, uint64_t b) noexcept {
#ifdef __SIZEOF_INT128__
  __extension__ typedef unsigned __int128 Wide;
  const Wide product = static_cast<Wide>(a) * b;
  return {static_cast<uint64_t>(product), static_cast<uint64_t>(product >> 64)};
#else
  return multiply_wide_portable(a, b);
#endif
}

}  // namespace mainspring
