// The hash of bytes and integers. Its values lie in bundles, so tests hold it to golden values.
//
// Bytes: 32 at a time as four little-endian words, the last block zero-padded. Each word, with a
// constant of its own, is multiplied half by half (32 x 32 -> 64 bits: what vectors can do too) and
// its neighbour added, as XXH3 does, so that no word is lost where a half is zero; the two sums of
// two words are folded: multiplied 64 x 64 -> 128 bits and both halves joined with both factors
// (Wang Yi's wyhash in its protected form: joining the factors keeps what the product of a zero
// factor would lose). The length goes into every block, so that padding is never ambiguous.
#include "runtime/core/hash.hpp"

#include "runtime/core/memory.hpp"
#include "runtime/core/wide_multiply.hpp"

namespace mainspring {

namespace {

#include "runtime/core/hash_forms.inc"

}  // namespace

uint64_t hash_bytes(const uint8_t* data, uint64_t length) noexcept {
  return hash_of_bytes(data, length);
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
