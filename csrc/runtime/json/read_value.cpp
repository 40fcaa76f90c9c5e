// One JSON value to one row of a typed column.
#include "runtime/core/integral.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/json/base64.hpp"
#include "runtime/json/field.hpp"
#include "runtime/json/number.hpp"
#include "runtime/json/parse_time.hpp"

namespace mainspring {
namespace {

void set_valid(const FieldColumn& column, uint32_t row) {
  column.validity[row >> 6] |= uint64_t{1} << (row & 63);
}

template <class T>
bool store(const FieldColumn& column, uint32_t row, T value) {
  static_cast<T*>(column.values)[row] = value;
  set_valid(column, row);
  return true;
}

void store_missing(const Field& field, const FieldColumn& column, uint32_t row) {
  if (field.kind == FieldKind::kNumber) {
    static_cast<double*>(column.values)[row] = __builtin_nan("");
  } else if (field.kind == FieldKind::kText || field.kind == FieldKind::kBinary) {
    static_cast<TextView*>(column.values)[row] = {};
  } else {
    static_cast<int64_t*>(column.values)[row] = 0;
  }
}

bool store_number(const Field& field, const FieldColumn& column, uint32_t row, double value) {
  if (field.kind == FieldKind::kNumber) return store(column, row, value);
  return store(column, row, integer_of(value));
}

/// Whether an integer lies in the range that a tensor's type states.
bool in_range(Datatype datatype, const NumberToken& token) {
  const auto fits = [&](uint64_t highest, uint64_t lowest_size) {
    if (token.exponent != 0) return false;
    return token.digits <= (token.is_negative ? lowest_size : highest);
  };
  constexpr uint64_t kOne = 1;
  uint64_t large = 0;
  switch (datatype) {
    case Datatype::kInt8: return fits(INT8_MAX, kOne << 7);
    case Datatype::kInt16: return fits(INT16_MAX, kOne << 15);
    case Datatype::kInt32: return fits(INT32_MAX, kOne << 31);
    case Datatype::kInt64: return fits(INT64_MAX, kOne << 63);
    case Datatype::kUint8: return fits(UINT8_MAX, 0);
    case Datatype::kUint16: return fits(UINT16_MAX, 0);
    case Datatype::kUint32: return fits(UINT32_MAX, 0);
    case Datatype::kUint64: return to_uint64(token, &large);
    default: return true;
  }
}

constexpr bool is_integer_type(Datatype datatype) {
  return datatype >= Datatype::kInt8 && datatype <= Datatype::kUint64;
}

/// A scanned number to a field of numbers or integers.
bool store_token(const JsonCursor& cursor, const NumberToken& token, const Field& field,
                 Datatype datatype, const FieldColumn& column, uint32_t row) {
  if (is_integer_type(datatype)) {
    if (!token.is_integer) return cursor.fail(JsonCode::kWrongType, token.begin);
    if (!in_range(datatype, token)) return cursor.fail(JsonCode::kIntegerTooLarge, token.begin);
  }
  int64_t integer = 0;
  uint64_t large = 0;
  if (field.kind == FieldKind::kTime) {
    if (!token.is_integer) return cursor.fail(JsonCode::kWrongType, token.begin);
    if (!to_int64(token, &integer)) return cursor.fail(JsonCode::kIntegerTooLarge, token.begin);
    return store(column, row, integer);
  }
  if (field.kind == FieldKind::kInteger && token.is_integer && datatype != Datatype::kFp32 &&
      datatype != Datatype::kFp64) {
    if (to_int64(token, &integer)) return store(column, row, integer);
    if (to_uint64(token, &large)) return store(column, row, integer_of(large));
    return cursor.fail(JsonCode::kIntegerTooLarge, token.begin);
  }
  double value = 0;
  if (!to_double(token, &value)) return cursor.fail(JsonCode::kNumberTooLarge, token.begin);
  if (datatype == Datatype::kFp32) {
    const auto narrow = static_cast<float>(value);
    if (narrow - narrow != 0.0f) return cursor.fail(JsonCode::kNumberTooLarge, token.begin);
    value = static_cast<double>(narrow);
  }
  return store_number(field, column, row, value);
}

bool scan(const JsonCursor& cursor, const uint8_t* end, NumberToken* token) {
  switch (scan_number(cursor.at, end, token)) {
    case NumberScan::kBad: return cursor.fail(JsonCode::kBadNumber, token->end);
    case NumberScan::kTooLong: return cursor.fail(JsonCode::kLongNumber, token->begin);
    case NumberScan::kOk: break;
  }
  return true;
}

bool read_number(JsonCursor* cursor, const Field& field, Datatype datatype,
                 const FieldColumn& column, uint32_t row) {
  NumberToken token;
  if (!scan(*cursor, cursor->end, &token)) return false;
  const bool taken = field.kind != FieldKind::kText && field.kind != FieldKind::kBinary &&
                     datatype != Datatype::kBool && datatype != Datatype::kBytes;
  if (!taken) return cursor->fail(JsonCode::kWrongType, token.begin);
  cursor->at = token.end;
  return store_token(*cursor, token, field, datatype, column, row);
}

bool store_time(const JsonCursor& cursor, const JsonString& text, const Field& field,
                const FieldColumn& column, uint32_t row) {
  Instant instant{};
  const uint8_t* const quote = text.begin - 1;
  if (text.has_escape ||
      !parse_time(reinterpret_cast<const char*>(text.begin), text.length, &instant)) {
    return cursor.fail(JsonCode::kBadTime, quote);
  }
  constexpr int64_t kSecondsPerDay = 86400;
  if (field.ticks_per_day == 1) {
    const int64_t days = instant.seconds / kSecondsPerDay;
    return store(column, row, days - (instant.seconds % kSecondsPerDay < 0 ? 1 : 0));
  }
  const int64_t per_second = field.ticks_per_day / kSecondsPerDay;
  constexpr int64_t kNanos = 1000000000;
  int64_t ticks = 0;
  if (per_second < kNanos) {
    ticks = instant.seconds * per_second + instant.nanos / (kNanos / per_second);
    return store(column, row, ticks);
  }
  // Nanoseconds hold the years 1677 to 2262; at their very ends the time is taken to microseconds.
  if (instant.seconds > INT64_MIN / kNanos && instant.seconds < INT64_MAX / kNanos) {
    return store(column, row, instant.seconds * kNanos + instant.nanos);
  }
  const int64_t micros = instant.seconds * 1000000 + instant.nanos / 1000;
  if (!__builtin_mul_overflow(micros, 1000, &ticks)) return store(column, row, ticks);
  store_missing(field, column, row);  // as the same time in a table of a wider unit
  return true;
}

bool store_text(const JsonCursor& cursor, const JsonString& text, const Field& field,
                const FieldColumn& column, uint32_t row, TextArena* arena) {
  const uint8_t* data = text.begin;
  uint64_t length = text.length;
  uint32_t buffer = 0;
  uint64_t offset = static_cast<uint64_t>(text.begin - cursor.begin);
  if (text.has_escape || field.kind == FieldKind::kBinary) {
    uint8_t* const out = arena->data + arena->used;
    if (text.has_escape) length = unescape(text, out);
    if (field.kind == FieldKind::kBinary) {
      // In place: three bytes are written behind every four that were read.
      if (!decode_base64(text.has_escape ? out : data, length, out, &length)) {
        return cursor.fail(JsonCode::kBadBase64, text.begin - 1);
      }
    }
    data = out;
    buffer = 1;
    offset = arena->used;
    if (length > kInlineText) arena->used += length;
  }
  TextView view{static_cast<uint32_t>(length), {}, 0, 0};
  if (length <= kInlineText) {
    copy_bytes(reinterpret_cast<uint8_t*>(&view) + sizeof(uint32_t), data, length);
  } else {
    copy_bytes(view.prefix, data, sizeof view.prefix);
    view.buffer = buffer;
    view.offset = static_cast<uint32_t>(offset);
  }
  return store(column, row, view);
}

bool read_text(JsonCursor* cursor, const Field& field, Datatype datatype, const FieldColumn& column,
               uint32_t row, TextArena* arena) {
  const uint8_t* const quote = cursor->at;
  JsonString text;
  if (!read_string(cursor, &text)) return false;
  if (datatype != Datatype::kAny && datatype != Datatype::kBytes) {
    return cursor->fail(JsonCode::kWrongType, quote);
  }
  if (field.kind == FieldKind::kTime) return store_time(*cursor, text, field, column, row);
  if (field.kind == FieldKind::kText || field.kind == FieldKind::kBinary) {
    return store_text(*cursor, text, field, column, row, arena);
  }
  if (!field.takes_number_text || text.has_escape || text.length == 0) {
    return cursor->fail(JsonCode::kWrongType, quote);
  }
  JsonCursor inside = *cursor;
  inside.at = text.begin;
  NumberToken token;
  if (!scan(inside, text.begin + text.length, &token)) return false;
  if (token.end != text.begin + text.length) return cursor->fail(JsonCode::kBadNumber, token.end);
  return store_token(*cursor, token, field, Datatype::kAny, column, row);
}

bool read_word(JsonCursor* cursor, const Field& field, Datatype datatype, const FieldColumn& column,
               uint32_t row) {
  const uint8_t* const word = cursor->at;
  uint8_t letter = 0;
  if (!read_literal(cursor, &letter)) return false;
  if (letter == 'n') {
    store_missing(field, column, row);
    return true;
  }
  const bool is_number = field.kind == FieldKind::kNumber || field.kind == FieldKind::kInteger;
  const bool taken = is_number && (datatype == Datatype::kBool ||
                                   (datatype == Datatype::kAny && field.takes_bool));
  if (!taken) return cursor->fail(JsonCode::kWrongType, word);
  return store_number(field, column, row, letter == 't' ? 1.0 : 0.0);
}

/// A value that is no list.
bool read_single(JsonCursor* cursor, const Field& field, Datatype datatype,
                 const FieldColumn& column, uint32_t row, TextArena* arena) {
  const uint8_t first = cursor->peek();
  if (first == '-' || (first >= '0' && first <= '9')) {
    return read_number(cursor, field, datatype, column, row);
  }
  if (first == '"') return read_text(cursor, field, datatype, column, row, arena);
  if (first == '{' || first == '[') return cursor->fail(JsonCode::kWrongType, cursor->at);
  return read_word(cursor, field, datatype, column, row);
}

void store_list(const FieldColumn& column, uint32_t row, uint64_t first, uint64_t size) {
  static_cast<int64_t*>(column.values)[row] = static_cast<int64_t>(first);
  column.sizes[row] = static_cast<int64_t>(size);
}

bool read_elements(JsonCursor* cursor, const Field& field, Datatype datatype,
                   const FieldColumn& column, uint32_t row, TextArena* arena) {
  const uint8_t first_byte = cursor->peek();
  const uint8_t* const value = cursor->at;
  if (first_byte == 'n' || first_byte == 't' || first_byte == 'f') {
    uint8_t letter = 0;
    if (!read_literal(cursor, &letter)) return false;
    if (letter != 'n') return cursor->fail(JsonCode::kWrongType, value);
    store_list(column, row, 0, 0);
    return true;
  }
  if (!cursor->take('[')) {
    const bool is_value = first_byte == '"' || first_byte == '{' || first_byte == '-' ||
                          (first_byte >= '0' && first_byte <= '9');
    return is_value ? cursor->fail(JsonCode::kWrongType, value) : cursor->fail_here("a value");
  }
  ElementRoom& room = *column.elements;
  const FieldColumn elements{room.values, room.validity};
  const uint64_t first = room.used;
  for (bool more = false;; ++room.used) {
    if (!next_member(cursor, room.used == first, ']', &more)) return false;
    if (!more) break;
    const auto place = static_cast<uint32_t>(room.used);
    if (!read_single(cursor, field, datatype, elements, place, arena)) return false;
  }
  store_list(column, row, first, room.used - first);
  set_valid(column, row);
  return true;
}

const char* expected_of_elements(const Field& field) {
  switch (field.kind) {
    case FieldKind::kNumber:
      if (field.takes_number_text) return "a list of numbers, numbers as text and nulls, or null";
      return field.takes_bool ? "a list of true, false, numbers and nulls, or null"
                              : "a list of numbers and nulls, or null";
    case FieldKind::kInteger:
      return field.takes_bool ? "a list of true, false, integers and nulls, or null"
                              : "a list of integers and nulls, or null";
    case FieldKind::kText: return "a list of strings and nulls, or null";
    case FieldKind::kBinary: return "a list of base64 texts and nulls, or null";
    case FieldKind::kTime: break;  // no lists of times
  }
  return "";
}

}  // namespace

bool read_value(JsonCursor* cursor, const Field& field, Datatype datatype,
                const FieldColumn& column, uint32_t row, TextArena* arena) noexcept {
  return field.is_list ? read_elements(cursor, field, datatype, column, row, arena)
                       : read_single(cursor, field, datatype, column, row, arena);
}

const char* expected_of(const Field& field) noexcept {
  if (field.is_list) return expected_of_elements(field);
  switch (field.kind) {
    case FieldKind::kNumber:
      if (field.takes_number_text) return "a number, a number as text, or null";
      return field.takes_bool ? "true, false, a number or null" : "a number or null";
    case FieldKind::kInteger:
      return field.takes_bool ? "true, false, an integer or null" : "an integer or null";
    case FieldKind::kText: return "a string or null";
    case FieldKind::kBinary: return "base64 text or null";
    case FieldKind::kTime: return "RFC 3339 text, an integer in the column's unit, or null";
  }
  return "";
}

}  // namespace mainspring
