// The hash of bytes and integers. Its values lie in bundles, so tests hold it to golden values.
//
// Bytes: 16 at a time as two little-endian words a, b: state = fold(a ^ kFirst, b ^ state), where
// fold multiplies 64 x 64 -> 128 bits and joins both halves with both factors (Wang Yi's wyhash in
// its protected form: joining the factors keeps what the product of a zero factor would lose). A
// last, partial or empty, pair is zero-padded; the length goes into the start and the end, so that
// padding is never ambiguous.
#include "runtime/core/hash.hpp"

#include "runtime/core/memory.hpp"
#include "runtime/core/wide_multiply.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kFirst = 0xA0761D6478BD642Full;
constexpr uint64_t kSecond = 0xE7037ED1A0B428DBull;
constexpr uint64_t kThird = 0x8EBC6AF09C88C6E3ull;

uint64_t fold(uint64_t a, uint64_t b) {
  const WideProduct product = multiply_wide(a, b);
  return (product.low ^ a) ^ (product.high ^ b);
}

/// The first `length` bytes as a little-endian word padded with zeros. 0 <= length <= 8.
uint64_t load_padded(const uint8_t* data, uint64_t length) {
  if (length == 8) return load<uint64_t>(data);
  if (length >= 4) {
    // Two reads that overlap: the bytes in common are equal, so or-ing them is harmless.
    const uint64_t low = load<uint32_t>(data);
    const uint64_t high = load<uint32_t>(data + length - 4);
    return low | (high << (8 * (length - 4)));
  }
  if (length == 0) return 0;
  const uint64_t middle = length / 2, last = length - 1;
  return data[0] | (static_cast<uint64_t>(data[middle]) << (8 * middle)) |
         (static_cast<uint64_t>(data[last]) << (8 * last));
}

}  // namespace

uint64_t hash_bytes(const uint8_t* data, uint64_t length) noexcept {
  uint64_t state = kSecond ^ length;
  uint64_t left = length;
  for (; left > 16; data += 16, left -= 16) {
    state = fold(load<uint64_t>(data) ^ kFirst, load<uint64_t>(data + 8) ^ state);
  }
  const uint64_t a = load_padded(data, left < 8 ? left : 8);
  const uint64_t b = left <= 8 ? 0 : load_padded(data + 8, left - 8);
  state = fold(a ^ kFirst, b ^ state);
  return fold(state ^ kThird, length ^ kFirst);
}

// One step of SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number
// generators", 2014, doi:10.1145/2660193.2660195): a bijection, so that different integers never
// collide.
uint64_t hash_u64(uint64_t value) noexcept {
  value += 0x9E3779B97F4A7C15ull;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return value ^ (value >> 31);
}

uint64_t combine_hashes(uint64_t first, uint64_t second) noexcept {
  return fold(fold(first ^ kFirst, second ^ kSecond), kThird);
}

uint32_t hash_bucket(uint64_t hash, uint32_t buckets) noexcept {
  return static_cast<uint32_t>(multiply_wide(hash, buckets).high);
}

uint64_t mix_row(uint64_t seed, uint64_t row) noexcept {
  return combine_hashes(hash_u64(seed), hash_u64(row));
}

}  // namespace mainspring
