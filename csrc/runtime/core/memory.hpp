// Byte copies for code that may call no library: the edge library links with nothing.
#pragma once
#include <cstdint>

namespace mainspring {

inline void copy_bytes(void* to, const void* from, uint64_t length) noexcept {
  __builtin_memcpy(to, from, length);
}
inline void fill_zero(void* to, uint64_t length) noexcept { __builtin_memset(to, 0, length); }
inline bool same_bytes(const void* a, const void* b, uint64_t length) noexcept {
  return __builtin_memcmp(a, b, length) == 0;
}
template <class T>
inline T load(const void* from) noexcept {
  T value;
  __builtin_memcpy(&value, from, sizeof(T));
  return value;
}

}  // namespace mainspring
