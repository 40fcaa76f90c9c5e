// The JSON reader and writer for Python tests (tests/json), through ctypes.
#include <cstdint>

#include "runtime/json/cursor.hpp"
#include "runtime/json/number.hpp"

using namespace mainspring;

extern "C" {

/// Numbers text[offsets[i], offsets[i + 1]) to out[i]; returns how many were read before one that
/// is no number of float64.
__attribute__((visibility("default"))) uint64_t read_numbers(const uint8_t* text,
                                                             const uint64_t* offsets,
                                                             uint64_t count, double* out) {
  for (uint64_t i = 0; i < count; ++i) {
    const uint8_t* const end = text + offsets[i + 1];
    NumberToken token;
    if (scan_number(text + offsets[i], end, &token) != NumberScan::kOk || token.end != end ||
        !to_double(token, &out[i])) {
      return i;
    }
  }
  return count;
}

/// 0 no integer of 64 bits, 1 int64, 2 uint64.
__attribute__((visibility("default"))) int read_integer(const uint8_t* text, uint64_t length,
                                                        int64_t* narrow, uint64_t* wide) {
  NumberToken token;
  if (scan_number(text, text + length, &token) != NumberScan::kOk) return 0;
  if (to_int64(token, narrow)) return 1;
  return to_uint64(token, wide) ? 2 : 0;
}

/// values[i] to kMaxDoubleText bytes each.
__attribute__((visibility("default"))) void write_numbers(const double* values, uint64_t count,
                                                          char* out, uint32_t* lengths) {
  for (uint64_t i = 0; i < count; ++i) {
    lengths[i] = write_double(values[i], out + i * kMaxDoubleText);
  }
}

/// The JsonCode of a whole text, and where.
__attribute__((visibility("default"))) uint32_t check_json(const uint8_t* text, uint64_t length,
                                                           uint64_t* offset) {
  JsonError error;
  JsonCursor cursor{text, text, text + length, &error};
  if (check_text(cursor) && skip_value(&cursor)) read_end(&cursor);
  *offset = error.offset;
  return static_cast<uint32_t>(error.code);
}

/// Resolves the escapes of a string with its quotes; returns the length, or -1.
__attribute__((visibility("default"))) int64_t read_json_string(const uint8_t* text,
                                                                uint64_t length, uint8_t* out) {
  JsonError error;
  JsonCursor cursor{text, text, text + length, &error};
  JsonString string;
  if (!check_text(cursor) || !read_string(&cursor, &string)) return -1;
  return static_cast<int64_t>(unescape(string, out));
}
}
