// One table for the formats without parameters, one small reader for each of the others.
#include "runtime/arrow/type_format.hpp"

namespace mainspring {

namespace {

bool same_text(const char* a, const char* b) noexcept {
  while (*a != 0 && *a == *b) {
    ++a;
    ++b;
  }
  return *a == *b;
}

// A decimal number in `limit`; *text moves behind it. False for no digit, or beyond the limit.
bool read_number(const char** text, uint32_t limit, uint32_t* out) noexcept {
  uint64_t number = 0;
  const char* at = *text;
  for (; *at >= '0' && *at <= '9'; ++at) {
    number = number * 10 + static_cast<uint64_t>(*at - '0');
    if (number > limit) return false;
  }
  if (at == *text) return false;
  *text = at;
  *out = static_cast<uint32_t>(number);
  return true;
}

bool read_timestamp(const char* format, TypeFormat* out) noexcept {
  TimeUnit unit;
  switch (format[2]) {
    case 's': unit = TimeUnit::kSecond; break;
    case 'm': unit = TimeUnit::kMilli; break;
    case 'u': unit = TimeUnit::kMicro; break;
    case 'n': unit = TimeUnit::kNano; break;
    default: return false;
  }
  if (format[3] != ':') return false;
  out->type = ColumnType::kTimestamp;
  out->unit = unit;
  out->time_zone = format + 4;
  return true;
}

// "d:precision,scale" or "d:precision,scale,bits"; the scale may be negative.
bool read_decimal(const char* format, TypeFormat* out) noexcept {
  constexpr uint32_t kMaxScale = 1u << 30;
  const char* at = format + 2;
  uint32_t precision = 0;
  if (!read_number(&at, kMaxScale, &precision) || *at++ != ',') return false;
  const bool negative = *at == '-';
  if (negative) ++at;
  uint32_t scale = 0;
  if (!read_number(&at, kMaxScale, &scale)) return false;
  uint32_t bits = 128;
  if (*at == ',') {
    ++at;
    if (!read_number(&at, 256, &bits)) return false;
  }
  if (*at != 0) return false;
  switch (bits) {
    case 32: out->type = ColumnType::kDecimal32; break;
    case 64: out->type = ColumnType::kDecimal64; break;
    case 128: out->type = ColumnType::kDecimal128; break;
    case 256: out->type = ColumnType::kDecimal256; break;
    default: return false;
  }
  out->width = precision;
  out->scale = negative ? -static_cast<int32_t>(scale) : static_cast<int32_t>(scale);
  return true;
}

// "w:16", "+w:3".
bool read_width(const char* digits, ColumnType type, TypeFormat* out) noexcept {
  out->type = type;
  return read_number(&digits, INT32_MAX, &out->width) && *digits == 0;
}

}  // namespace

bool read_type_format(const char* format, TypeFormat* out) noexcept {
  struct Row {
    char format[4];  // not where it lies: no address for a loader to fill in
    ColumnType type;
    TimeUnit unit;
  };
  static constexpr Row kRows[] = {
      {"b", ColumnType::kBool, TimeUnit::kNone},
      {"c", ColumnType::kI8, TimeUnit::kNone},
      {"C", ColumnType::kU8, TimeUnit::kNone},
      {"s", ColumnType::kI16, TimeUnit::kNone},
      {"S", ColumnType::kU16, TimeUnit::kNone},
      {"i", ColumnType::kI32, TimeUnit::kNone},
      {"I", ColumnType::kU32, TimeUnit::kNone},
      {"l", ColumnType::kI64, TimeUnit::kNone},
      {"L", ColumnType::kU64, TimeUnit::kNone},
      {"e", ColumnType::kF16, TimeUnit::kNone},
      {"f", ColumnType::kF32, TimeUnit::kNone},
      {"g", ColumnType::kF64, TimeUnit::kNone},
      {"u", ColumnType::kUtf8, TimeUnit::kNone},
      {"U", ColumnType::kLargeUtf8, TimeUnit::kNone},
      {"vu", ColumnType::kUtf8View, TimeUnit::kNone},
      {"z", ColumnType::kBinary, TimeUnit::kNone},
      {"Z", ColumnType::kLargeBinary, TimeUnit::kNone},
      {"vz", ColumnType::kBinaryView, TimeUnit::kNone},
      {"tdD", ColumnType::kDate32, TimeUnit::kDay},
      {"tdm", ColumnType::kDate64, TimeUnit::kMilli},
      {"n", ColumnType::kNull, TimeUnit::kNone},
      {"+l", ColumnType::kList, TimeUnit::kNone},
      {"+L", ColumnType::kLargeList, TimeUnit::kNone},
      {"+vl", ColumnType::kListView, TimeUnit::kNone},
      {"+vL", ColumnType::kLargeListView, TimeUnit::kNone},
      {"+r", ColumnType::kRunEnds, TimeUnit::kNone},
  };
  if (format == nullptr) return false;
  *out = {ColumnType::kNull, TimeUnit::kNone, "", 0, 0};
  if (format[0] == 't' && format[1] == 's') return read_timestamp(format, out);
  if (format[0] == 'd' && format[1] == ':') return read_decimal(format, out);
  if (format[0] == 'w' && format[1] == ':') {
    return read_width(format + 2, ColumnType::kFixedBinary, out);
  }
  if (format[0] == '+' && format[1] == 'w' && format[2] == ':') {
    return read_width(format + 3, ColumnType::kFixedList, out);
  }
  for (const Row& row : kRows) {
    if (same_text(row.format, format)) {
      out->type = row.type;
      out->unit = row.unit;
      return true;
    }
  }
  return false;
}

}  // namespace mainspring
