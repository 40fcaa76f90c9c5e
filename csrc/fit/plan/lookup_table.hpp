// Builds the hash tables that the lookup step reads (runtime/core/key_table.hpp): keys in the order
// of their ids.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fit/data_section.hpp"
#include "runtime/core/key_table.hpp"

namespace mainspring {

/// Entry i is keys[i], so that its id is 2 + i. The same keys give the same bytes. Throws
/// Error(kParameter) for a key that is there twice, a NaN, or more than 2^30 keys.
std::vector<uint8_t> build_lookup_table(std::span<const std::string_view> keys);
std::vector<uint8_t> build_lookup_table(std::span<const int64_t> keys);
std::vector<uint8_t> build_lookup_table(std::span<const double> keys);
/// The same of strings that are all short, given as the words that they are (short_keys.hpp).
Payload build_short_table(std::span<const uint64_t> words);
/// The same of strings that are entries of another table (key_table.hpp), with its arena.
Payload build_entry_table(std::span<const BytesEntry> entries, const uint8_t* arena);

/// hash_bytes() of their keys.
void hash_entries(std::span<const BytesEntry> entries, const uint8_t* arena, uint64_t* hashes);

}  // namespace mainspring
