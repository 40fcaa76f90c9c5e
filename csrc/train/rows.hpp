// Rows in another order, for training: who shuffles, and who copies rows where they are wanted.
#pragma once
#include <cstdint>

namespace mainspring {

/// The numbers from 0 to count - 1 in an order that follows from the seed and the stream alone, on
/// every machine and in every version.
void shuffle_numbers(uint64_t seed, uint64_t stream, uint64_t count, int64_t* out);

/// Whether every index is in [0, num_rows).
bool rows_exist(const int64_t* index, uint64_t count, uint64_t num_rows);

/// to[i] = from[index[i]], rows of row_bytes bytes; rows to come are prefetched.
void gather_rows(const uint8_t* from, uint64_t row_bytes, const int64_t* index, uint64_t count,
                 uint8_t* to);

/// Rows [first, end) of columns of 4-byte numbers, written row by row.
void interleave_columns(const uint32_t* const* columns, uint32_t num_columns, uint64_t first,
                        uint64_t end, uint32_t* to);

}  // namespace mainspring
