// Builds the hash tables that the lookup step reads (runtime/core/key_table.hpp): keys in the order
// of their ids.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mainspring {

/// Entry i is keys[i], so that its id is 2 + i. The same keys give the same bytes. Throws
/// Error(kParameter) for a key that is there twice, a NaN, or more than 2^30 keys.
std::vector<uint8_t> build_lookup_table(std::span<const std::string_view> keys);
std::vector<uint8_t> build_lookup_table(std::span<const int64_t> keys);
std::vector<uint8_t> build_lookup_table(std::span<const double> keys);

}  // namespace mainspring
