// Whole files: read into memory; written beside their name, synced, then renamed, so that a failed
// save leaves nothing.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mainspring {

/// A path is any bytes, a message is UTF-8: bytes that are not become question marks.
std::string printable_path(std::string path);

/// Throws Error(kFile) naming the path and what the operating system said.
std::vector<uint8_t> read_file(const std::string& path);
/// Atomic: after it the path holds either the old bytes or all of the new ones.
void write_file(const std::string& path, std::span<const uint8_t> bytes);

}  // namespace mainspring
