// The UTF-8 check: names in a bundle, and all text that comes as JSON.
#include "runtime/core/utf8.hpp"

#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kHighBits = 0x8080808080808080ull;

bool continues(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// Bytes of the well-formed character at `at`, or 0. `room` is at least 1.
uint32_t character_bytes(const uint8_t* at, uint64_t room) {
  const uint8_t lead = at[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return room >= 2 && continues(at[1]) ? 2 : 0;
  if (lead < 0xf0) {
    if (room < 3 || !continues(at[1]) || !continues(at[2])) return 0;
    if (lead == 0xe0 && at[1] < 0xa0) return 0;
    if (lead == 0xed && at[1] > 0x9f) return 0;
    return 3;
  }
  if (lead > 0xf4 || room < 4) return 0;
  if (!continues(at[1]) || !continues(at[2]) || !continues(at[3])) return 0;
  if (lead == 0xf0 && at[1] < 0x90) return 0;
  if (lead == 0xf4 && at[1] > 0x8f) return 0;
  return 4;
}

}  // namespace

uint64_t first_bad_utf8(const uint8_t* bytes, uint64_t length) noexcept {
  uint64_t at = 0;
  while (at < length) {
    if (length - at >= 8 && (load<uint64_t>(bytes + at) & kHighBits) == 0) {
      at += 8;
      continue;
    }
    const uint32_t size = character_bytes(bytes + at, length - at);
    if (size == 0) return at;
    at += size;
  }
  return length;
}

Character character_at(const uint8_t* at, const uint8_t* end) noexcept {
  const uint32_t size = character_bytes(at, static_cast<uint64_t>(end - at));
  if (size < 2) return {at[0], size};
  uint32_t code = at[0] & (0x7fu >> size);
  for (uint32_t i = 1; i < size; ++i) code = code << 6 | (at[i] & 0x3f);
  return {code, size};
}

Character character_before(const uint8_t* begin, const uint8_t* end) noexcept {
  const uint8_t* at = end - 1;
  while (at != begin && end - at < 4 && continues(*at)) --at;
  const Character found = character_at(at, end);
  return found.num_bytes == static_cast<uint32_t>(end - at) ? found : Character{end[-1], 0};
}

}  // namespace mainspring
