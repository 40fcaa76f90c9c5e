// Rows of bfloat16 and float16 to float32 and back, to nearest or at random: the forms of
// csrc/train/embedding/rows.inc, one number at a time.
#pragma once
#include "shared_forms.hpp"

namespace mainspring::gpu {

/// Numbers are those of csrc/train/embedding/tables.hpp.
enum class RowType : uint32_t { kFloat32, kBfloat16, kFloat16 };

MAINSPRING_BOTH inline float float_of(uint32_t bits) { return __builtin_bit_cast(float, bits); }
MAINSPRING_BOTH inline uint32_t float_bits(float x) { return __builtin_bit_cast(uint32_t, x); }

/// The product with 2^112 moves the exponent, of subnormals too.
MAINSPRING_BOTH inline float half_to_float(uint16_t half) {
  const uint32_t magnitude = uint32_t{half} & 0x7FFF;
  const uint32_t scaled = float_bits(float_of(magnitude << 13) * 0x1p112F);
  const uint32_t special = magnitude >= 0x7C00 ? 0x7F800000U : 0U;
  return float_of(((uint32_t{half} & 0x8000) << 16) | scaled | special);
}

MAINSPRING_BOTH inline float read_element(RowType type, const void* rows, uint64_t at) {
  switch (type) {
    case RowType::kFloat32: return static_cast<const float*>(rows)[at];
    case RowType::kBfloat16:
      return float_of(uint32_t{static_cast<const uint16_t*>(rows)[at]} << 16);
    default: return half_to_float(static_cast<const uint16_t*>(rows)[at]);
  }
}

/// The magnitude of a float as float16, what does not fit cut off; 65,536 and more are infinity.
MAINSPRING_BOTH inline uint32_t cut_to_half(float magnitude) {
  const uint32_t bits = float_bits(magnitude);
  const uint32_t normal = (bits >> 13) - (112U << 10);
  const auto small = static_cast<uint32_t>(magnitude < 1.0F ? magnitude * 0x1p24F : 0.0F);
  return magnitude < 0x1p-14F ? small : (bits >= 0x47800000 ? 0x7C00U : normal);
}

/// The step from a magnitude to the next one in float16.
MAINSPRING_BOTH inline float half_step(float magnitude) {
  const uint32_t exponent = float_bits(magnitude) >> 23;
  return float_of((exponent < 113 ? 103U : exponent - 10) << 23);
}

/// C. Wellons' lowbias32: every bit of the result depends on every bit of x.
MAINSPRING_BOTH inline uint32_t mix32(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7FEB352DU;
  x = (x ^ (x >> 15)) * 0x846CA68BU;
  return x ^ (x >> 16);
}
/// The random numbers of a row's places: the halves of mix32 of key, key + 1, ..., the lower first.
MAINSPRING_BOTH inline uint32_t random_of(uint32_t key, uint64_t place) {
  const uint32_t word = mix32(key + static_cast<uint32_t>(place / 2));
  return place % 2 == 0 ? word & 0xFFFF : word >> 16;
}
/// SplitMix64's finalizer, for keys of steps, tables and rows.
MAINSPRING_BOTH inline uint32_t mix(uint64_t a, uint64_t b) {
  uint64_t x = a * 0x9E3779B97F4A7C15ULL + b;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return static_cast<uint32_t>((x ^ (x >> 31)) >> 16);
}

MAINSPRING_BOTH inline uint16_t nearest_bfloat(float x) {
  const uint32_t bits = float_bits(x);
  const uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  return static_cast<uint16_t>(x != x ? 0x7FC0U : rounded);
}

MAINSPRING_BOTH inline uint16_t random_bfloat(float x, uint32_t random) {
  const uint32_t bits = float_bits(x);
  const uint32_t part = (bits & 0x7F800000) == 0x7F800000 ? 0 : random;
  return static_cast<uint16_t>(x != x ? 0x7FC0U : (bits + part) >> 16);
}

/// Ties go to even. At random: up with the probability of the part that is cut off, by 16 bits.
MAINSPRING_BOTH inline uint16_t to_half(float x, bool at_random, uint32_t random) {
  const uint32_t sign = (float_bits(x) >> 16) & 0x8000;
  const float magnitude = x < 0 ? -x : x;
  if (!(magnitude < 65520.0F)) return static_cast<uint16_t>(x != x ? 0x7E00U : sign | 0x7C00);
  const uint32_t low = cut_to_half(magnitude);
  const float rest = magnitude - half_to_float(static_cast<uint16_t>(low));
  const float step = half_step(magnitude);
  const float half = 0.5F * step;
  bool up = rest > half || (rest == half && (low & 1) != 0);
  if (at_random && magnitude < 65504.0F) {
    const float chance = (static_cast<float>(0xFFFF - random) + 0.5F) * 0x1p-16F;
    up = rest > chance * step;
  }
  return static_cast<uint16_t>(sign | (low + (up ? 1U : 0U)));
}

MAINSPRING_BOTH inline void write_element(RowType type, void* rows, uint64_t at, float x,
                                          bool at_random, uint32_t random) {
  switch (type) {
    case RowType::kFloat32: static_cast<float*>(rows)[at] = x; return;
    case RowType::kBfloat16:
      static_cast<uint16_t*>(rows)[at] = at_random ? random_bfloat(x, random) : nearest_bfloat(x);
      return;
    default: static_cast<uint16_t*>(rows)[at] = to_half(x, at_random, random); return;
  }
}

}  // namespace mainspring::gpu
