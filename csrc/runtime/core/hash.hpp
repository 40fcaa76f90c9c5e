// The one hash of bytes and integers: vocabularies, crosses, distinct counts and row hashes all use
// it, so it is part of the bundle format and never changes.
#pragma once
#include <cstdint>

namespace mainspring {

uint64_t hash_bytes(const uint8_t* data,
                    uint64_t length) noexcept;  // never reads outside [data, data + length)
/// A bijection: different integers have different hashes.
uint64_t hash_u64(uint64_t value) noexcept;
/// Order matters: combine(a, b) != combine(b, a).
uint64_t combine_hashes(uint64_t first, uint64_t second) noexcept;
/// Uniform in [0, buckets) from the high bits of hash * buckets.
uint32_t hash_bucket(uint64_t hash, uint32_t buckets) noexcept;

inline constexpr uint64_t kMissingHash = 0x9E3779B97F4A7C15ull;

/// mix(seed, row): the fold of a row in cross-fitting is hash_bucket(mix_row(seed, global row
/// number), folds).
uint64_t mix_row(uint64_t seed, uint64_t row) noexcept;

}  // namespace mainspring
