// An Arrow IPC stream from outside to a table, without a copy and without an Arrow library.
#pragma once
#include <cstdint>
#include <span>

#include "host/table.hpp"

namespace mainspring {

/// Reads a whole stream (the streaming format, version 5 of the metadata or 4 without unions). The
/// table's columns are views into `bytes`, which must outlive it. Every length and offset is
/// checked before it is used; what indexes and offsets of strings say is checked when a column is
/// first viewed, as for any other table. Throws Error(kData) with the byte where the stream is
/// truncated or contradicts itself, Error(kUnsupported) for compressed buffers, delta dictionaries
/// and big-endian data.
Table read_ipc_stream(std::span<const uint8_t> bytes);

}  // namespace mainspring
