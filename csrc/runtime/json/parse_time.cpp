// RFC 3339 (G. Klyne, C. Newman, 2002), read strictly: every digit and sign in its place.
#include "runtime/json/parse_time.hpp"

namespace mainspring {
namespace {

/// Text that is taken from the front.
struct Reader {
  const char* at;
  const char* end;

  bool done() const { return at == end; }

  /// Exactly `count` digits.
  bool number(uint32_t count, uint32_t* value) {
    if (static_cast<uint64_t>(end - at) < count) return false;
    *value = 0;
    for (uint32_t i = 0; i < count; ++i, ++at) {
      const uint32_t digit = static_cast<uint32_t>(*at) - '0';
      if (digit > 9) return false;
      *value = *value * 10 + digit;
    }
    return true;
  }

  bool one_of(const char* letters) {
    if (done()) return false;
    for (; *letters != 0; ++letters) {
      if (*at == *letters) {
        ++at;
        return true;
      }
    }
    return false;
  }
};

uint32_t days_in_month(uint32_t year, uint32_t month) {
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2) return leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool read_date(Reader* reader, int64_t* days) {
  uint32_t year = 0;
  uint32_t month = 0;
  uint32_t day = 0;
  if (!reader->number(4, &year) || !reader->one_of("-") || !reader->number(2, &month) ||
      !reader->one_of("-") || !reader->number(2, &day)) {
    return false;
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
  *days = days_of(year, month, day);
  return true;
}

bool read_fraction(Reader* reader, uint32_t* nanos) {
  uint32_t digit = 0;
  uint32_t scale = 100000000;
  if (!reader->number(1, &digit)) return false;
  do {
    *nanos += digit * scale;
    scale /= 10;
  } while (!reader->done() && *reader->at >= '0' && *reader->at <= '9' &&
           reader->number(1, &digit));
  return true;
}

bool read_clock(Reader* reader, int64_t* seconds, uint32_t* nanos) {
  uint32_t hour = 0;
  uint32_t minute = 0;
  uint32_t second = 0;
  if (!reader->number(2, &hour) || !reader->one_of(":") || !reader->number(2, &minute)) {
    return false;
  }
  if (reader->one_of(":")) {
    if (!reader->number(2, &second)) return false;
    if (reader->one_of(".") && !read_fraction(reader, nanos)) return false;
  }
  *seconds = int64_t{hour} * 3600 + minute * 60 + second;
  return hour <= 23 && minute <= 59 && second <= 60;
}

bool read_offset(Reader* reader, int64_t* seconds) {
  if (reader->one_of("Zz")) return true;
  const bool west = reader->one_of("-");
  uint32_t hour = 0;
  uint32_t minute = 0;
  if (!west && !reader->one_of("+")) return false;
  if (!reader->number(2, &hour) || !reader->one_of(":") || !reader->number(2, &minute)) {
    return false;
  }
  *seconds = (int64_t{hour} * 3600 + minute * 60) * (west ? -1 : 1);
  return hour <= 23 && minute <= 59;
}

}  // namespace

bool parse_time(const char* text, uint64_t length, Instant* instant) noexcept {
  Reader reader{text, text + length};
  int64_t days = 0;
  int64_t clock = 0;
  int64_t offset = 0;
  uint32_t nanos = 0;
  if (!read_date(&reader, &days)) return false;
  if (!reader.done()) {
    if (!reader.one_of("Tt ") || !read_clock(&reader, &clock, &nanos)) return false;
    if (!reader.done() && !read_offset(&reader, &offset)) return false;
    if (!reader.done()) return false;
  }
  *instant = {days * 86400 + clock - offset, nanos};
  return true;
}

}  // namespace mainspring
