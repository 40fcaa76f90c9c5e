// Lays out the transitions of a time zone as steps read them.
#include "fit/plan/zone_table.hpp"

#include <cstring>
#include <string>

#include "host/error.hpp"
#include "runtime/steps/local_time.hpp"

namespace mainspring {
namespace {

void check_offset(int32_t offset) {
  if (offset >= -kMaxZoneOffset && offset <= kMaxZoneOffset) return;
  throw Error(ErrorKind::kParameter, "A time zone is " + std::to_string(offset) +
                                         " seconds from UTC, expected at most " +
                                         std::to_string(kMaxZoneOffset) + ".");
}

}  // namespace

std::vector<uint8_t> build_zone_table(int32_t first_offset, std::span<const int64_t> transitions,
                                      std::span<const int32_t> offsets) {
  if (transitions.size() != offsets.size() || transitions.size() > kMaxZoneTransitions) {
    throw Error(ErrorKind::kParameter,
                "A time zone has " + std::to_string(transitions.size()) + " transitions and " +
                    std::to_string(offsets.size()) +
                    " offsets, expected one offset for each of at most 2^20 transitions.");
  }
  check_offset(first_offset);
  for (const int32_t offset : offsets) check_offset(offset);
  for (size_t i = 1; i < transitions.size(); ++i) {
    if (transitions[i - 1] < transitions[i]) continue;
    throw Error(ErrorKind::kParameter, "The transitions of a time zone do not ascend at number " +
                                           std::to_string(i) + ".");
  }
  const auto count = static_cast<uint32_t>(transitions.size());
  std::vector<uint8_t> bytes(zone_table_bytes(count));
  const ZoneHeader header{count, first_offset};
  std::memcpy(bytes.data(), &header, sizeof header);
  if (count != 0) {
    std::memcpy(bytes.data() + sizeof header, transitions.data(), transitions.size_bytes());
    std::memcpy(bytes.data() + sizeof header + transitions.size_bytes(), offsets.data(),
                offsets.size_bytes());
  }
  return bytes;
}

}  // namespace mainspring
