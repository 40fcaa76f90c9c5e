// Whether two tables show the same memory: training rows often are the events themselves.
#pragma once
#include <span>

#include "host/table.hpp"

namespace mainspring {

/// Whether columns, in pairs, are the same buffers in the same pieces. False says nothing: their
/// values may be equal.
bool are_shared(const Table& left, std::span<const uint32_t> left_columns, const Table& right,
                std::span<const uint32_t> right_columns);

}  // namespace mainspring
