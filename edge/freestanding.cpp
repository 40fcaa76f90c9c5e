// The functions a compiler may call on its own: four, and on 32-bit ARM a fifth. Compiled so that
// it does not turn their loops into calls to themselves (-fno-builtin, no loop patterns); hidden,
// so that no program sees them.
#include <cstddef>
#include <cstdint>

namespace {

// Eight bytes at once through any alignment; the builtin becomes one load or store.
constexpr size_t kWord = sizeof(uint64_t);

uint64_t load_word(const unsigned char* from) {
  uint64_t word;
  __builtin_memcpy(&word, from, kWord);
  return word;
}

void store_word(unsigned char* to, uint64_t word) { __builtin_memcpy(to, &word, kWord); }

void copy_upwards(unsigned char* to, const unsigned char* from, size_t length) {
  for (; length >= kWord; length -= kWord, to += kWord, from += kWord) {
    store_word(to, load_word(from));
  }
  for (; length != 0; --length) *to++ = *from++;
}

void copy_downwards(unsigned char* to, const unsigned char* from, size_t length) {
  for (; length >= kWord; length -= kWord) {
    store_word(to + length - kWord, load_word(from + length - kWord));
  }
  while (length-- != 0) to[length] = from[length];
}

}  // namespace

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, size_t length) {
  copy_upwards(static_cast<unsigned char*>(to), static_cast<const unsigned char*>(from), length);
  return to;
}

// A word is read before it is written, so each direction is right for its overlap.
void* memmove(void* to, const void* from, size_t length) {
  auto* const target = static_cast<unsigned char*>(to);
  const auto* const source = static_cast<const unsigned char*>(from);
  if (reinterpret_cast<uintptr_t>(to) <= reinterpret_cast<uintptr_t>(from)) {
    copy_upwards(target, source, length);
  } else {
    copy_downwards(target, source, length);
  }
  return to;
}

void* memset(void* to, int value, size_t length) {
  auto* target = static_cast<unsigned char*>(to);
  const uint64_t word = 0x0101010101010101ull * static_cast<unsigned char>(value);
  for (; length >= kWord; length -= kWord, target += kWord) store_word(target, word);
  for (; length != 0; --length) *target++ = static_cast<unsigned char>(value);
  return to;
}

int memcmp(const void* left, const void* right, size_t length) {
  const auto* a = static_cast<const unsigned char*>(left);
  const auto* b = static_cast<const unsigned char*>(right);
  for (; length >= kWord && load_word(a) == load_word(b); length -= kWord) {
    a += kWord;
    b += kWord;
  }
  for (; length != 0; --length, ++a, ++b) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}

#if defined(__arm__)
// What the compiler's own division of 64-bit integers ends with where the divisor is 0; none is.
int raise(int) { __builtin_trap(); }
#endif

}  // extern "C"
