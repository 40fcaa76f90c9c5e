// Counts codes of few entries without a table: a code becomes one bit of a word, and words are
// added bit by bit, sixteen codes by a few instructions. A table takes one store for each code.
#pragma once
#include <cstdint>

#include "runtime/core/kernels.hpp"

namespace mainspring {

/// What is done once pays for so many.
inline constexpr uint64_t kManyCodes = 8192;

/// Codes are taken in whole blocks of so many.
inline constexpr uint32_t kCodeBlock = 2048;

inline constexpr uint32_t kMostCodeEntries = 128;

/// Adds how often each of num_entries codes is among num_codes, a multiple of kCodeBlock and at
/// most 2^32, of index_bytes bytes each. Codes are verified: all are below num_entries.
using CountCodes = void (*)(const void* codes, uint32_t index_bytes, uint64_t num_codes,
                            uint32_t num_entries, uint64_t* times);

/// Null where the build has none.
CountCodes count_codes_avx2() noexcept;
CountCodes count_codes_avx512() noexcept;

/// Of columns of at least kManyCodes; null where a table is faster.
CountCodes count_codes_of(IsaLevel level, uint64_t num_entries) noexcept;

}  // namespace mainspring
