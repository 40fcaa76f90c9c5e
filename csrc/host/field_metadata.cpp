// The bytes are those of the Arrow C data interface: int32 number of pairs, then int32 length and
// bytes of each key and value.
#include "host/field_metadata.hpp"

#include <cstdint>
#include <cstring>

namespace mainspring {

bool has_metadata(const ArrowSchema& field, std::string_view key) {
  const char* at = field.metadata;
  if (at == nullptr) return false;
  const auto number = [&at] {
    int32_t value = 0;
    std::memcpy(&value, at, sizeof(value));
    at += sizeof(value);
    return value;
  };
  for (int32_t left = number(); left > 0; --left) {
    for (const bool is_key : {true, false}) {
      const int32_t length = number();
      if (length < 0) return false;
      if (is_key && std::string_view(at, static_cast<size_t>(length)) == key) return true;
      at += length;
    }
  }
  return false;
}

}  // namespace mainspring
