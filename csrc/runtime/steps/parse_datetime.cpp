// Strings to times in microseconds, through the first of some formats that fits.
#include "runtime/core/whitespace.hpp"
#include "runtime/json/parse_time.hpp"
#include "runtime/steps/local_time.hpp"
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/time_format.hpp"
#include "runtime/steps/time_units.hpp"

namespace mainspring {
namespace {

// The letters themselves and not where they lie: no addresses for a loader to fill in.
using Word = char[10];
constexpr Word kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                            "july",    "august",   "september", "october", "november", "december"};
constexpr Word kWeekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                              "friday", "saturday", "sunday"};
constexpr uint32_t kAbbreviation = 3;
constexpr int64_t kMicrosPerSecond = 1000000;

uint8_t lower(uint8_t byte) { return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte; }
bool is_digit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') <= 9; }

/// What has been read of a time; a part that no item names is that of 1900-01-01T00:00.
struct Parts {
  uint32_t year = 1900;
  uint32_t month = 1;
  uint32_t day = 1;
  uint32_t hour = 0;
  uint32_t minute = 0;
  uint32_t second = 0;
  uint32_t micros = 0;
  uint32_t half = 0;  // 1: AM, 2: PM
  bool hour_of_12 = false;
  uint32_t day_of_year = 0;  // 0: month and day say it
  bool has_offset = false;   // the text says how far it is from UTC
  int64_t offset_micros = 0;
};

uint32_t days_in_month(uint32_t year, uint32_t month) {
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2) return leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Text that is taken from the front; what has been taken is never given back.
struct Reader {
  const uint8_t* at;
  const uint8_t* end;

  uint64_t room() const { return static_cast<uint64_t>(end - at); }

  /// Exactly `count` digits.
  bool digits(uint32_t count, uint32_t* value) {
    if (room() < count) return false;
    *value = 0;
    for (uint32_t i = 0; i < count; ++i, ++at) {
      if (!is_digit(*at)) return false;
      *value = *value * 10 + (*at - '0');
    }
    return true;
  }

  /// As many digits as make a number up to `high`, at most those that `high` has.
  bool number(uint32_t low, uint32_t high, uint32_t* value) {
    if (at == end || !is_digit(*at)) return false;
    *value = *at++ - '0';
    for (uint32_t most = 10; most <= high && at != end && is_digit(*at); most *= 10) {
      const uint32_t longer = *value * 10 + (*at - '0');
      if (longer > high) break;
      *value = longer;
      ++at;
    }
    return *value >= low;
  }

  bool one_of(const char* letters) {
    for (; at != end && *letters != 0; ++letters) {
      if (*at == static_cast<uint8_t>(*letters)) {
        ++at;
        return true;
      }
    }
    return false;
  }

  /// One to six digits behind the point.
  bool fraction(uint32_t* micros) {
    uint32_t scale = kMicrosPerSecond;
    *micros = 0;
    while (at != end && is_digit(*at) && scale > 1) {
      scale /= 10;
      *micros += (*at++ - '0') * scale;
    }
    return scale < kMicrosPerSecond;
  }

  /// The word, which is in small letters, or its first `length` letters.
  bool word(const char* text, uint32_t length) {
    const uint8_t* from = at;
    for (uint32_t i = 0; text[i] != 0 && i < length; ++i, ++from) {
      if (from == end || lower(*from) != static_cast<uint8_t>(text[i])) return false;
    }
    at = from;
    return true;
  }

  /// The place of the word among the names, from 1 on; 0: none.
  template <uint32_t kCount>
  uint32_t name(const Word (&names)[kCount], uint32_t length) {
    for (uint32_t i = 0; i < kCount; ++i) {
      if (word(names[i], length)) return i + 1;
    }
    return 0;
  }

  bool literal(const uint8_t* bytes, uint32_t length) {
    if (room() < length) return false;
    for (uint32_t i = 0; i < length; ++i) {
      if (lower(at[i]) != lower(bytes[i])) return false;
    }
    at += length;
    return true;
  }

  bool offset(int64_t* micros) {
    if (at != end && lower(*at) == 'z') {
      ++at;
      return true;
    }
    if (at == end || (*at != '+' && *at != '-')) return false;
    const bool west = *at++ == '-';
    uint32_t hours = 0;
    uint32_t minutes = 0;
    uint32_t seconds = 0;
    uint32_t part = 0;
    if (!digits(2, &hours)) return false;
    const bool colon = at != end && *at == ':';
    at += colon;
    if (!digits(2, &minutes) || minutes > 59) return false;
    const bool more = at != end && (colon ? *at == ':' : is_digit(*at));
    if (more) {
      at += colon;
      if (!digits(2, &seconds) || seconds > 59) return false;
      if (at != end && *at == '.' && (++at, !fraction(&part))) return false;
    }
    const int64_t size = (int64_t{hours} * 3600 + minutes * 60 + seconds) * kMicrosPerSecond + part;
    *micros = west ? -size : size;
    return hours < 24;
  }
};

/// Exactly two digits in [0, high].
bool two_digits(Reader* text, uint32_t high, uint32_t* value) {
  return text->digits(2, value) && *value <= high;
}

/// ISO 8601 (2019), as programs write it: 2024-01-31 or 20240131, then maybe T or a space and hh,
/// hh:mm, hhmm, hh:mm:ss or hhmmss with a fraction of any length, then maybe Z, +hh, +hhmm or
/// +hh:mm.
bool read_iso(Reader* text, Parts* parts) {
  if (!text->digits(4, &parts->year) || parts->year == 0) return false;
  const bool dashes = text->one_of("-");
  if (!text->digits(2, &parts->month) || parts->month < 1 || parts->month > 12) return false;
  if (dashes != text->one_of("-") || !text->digits(2, &parts->day) || parts->day == 0) return false;
  if (text->at == text->end) return true;
  if (!text->one_of("Tt ") || !two_digits(text, 23, &parts->hour)) return false;
  const bool colons = text->one_of(":");
  if (colons || (text->at != text->end && is_digit(*text->at))) {
    if (!two_digits(text, 59, &parts->minute)) return false;
    if (colons ? text->one_of(":") : text->at != text->end && is_digit(*text->at)) {
      if (!two_digits(text, 59, &parts->second)) return false;
      if (text->one_of(".,")) {
        if (!text->fraction(&parts->micros)) return false;
        while (text->at != text->end && is_digit(*text->at)) ++text->at;
      }
    }
  }
  if (text->at == text->end) return true;
  parts->has_offset = true;
  if (text->room() != 3) return text->offset(&parts->offset_micros);
  const bool west = *text->at == '-';
  uint32_t hours = 0;
  if (!text->one_of("+-") || !two_digits(text, 23, &hours)) return false;
  parts->offset_micros = (west ? -1 : 1) * int64_t{hours} * 3600 * kMicrosPerSecond;
  return true;
}

bool read_item(TimeItem item, Reader* text, Parts* parts) {
  switch (item) {
    case TimeItem::kWhitespace: {
      const uint8_t* const before = text->at;
      text->at = skip_whitespace(text->at, text->end);
      return text->at != before;
    }
    case TimeItem::kYear: return text->digits(4, &parts->year) && parts->year != 0;
    case TimeItem::kShortYear:
      if (!text->digits(2, &parts->year)) return false;
      parts->year += parts->year <= 68 ? 2000 : 1900;
      return true;
    case TimeItem::kMonth: return text->number(1, 12, &parts->month);
    case TimeItem::kDay:
      if (text->at != text->end && *text->at == ' ') {
        ++text->at;
        return text->digits(1, &parts->day) && parts->day != 0;
      }
      return text->number(1, 31, &parts->day);
    case TimeItem::kHour: return text->number(0, 23, &parts->hour);
    case TimeItem::kHour12: parts->hour_of_12 = true; return text->number(1, 12, &parts->hour);
    case TimeItem::kMinute: return text->number(0, 59, &parts->minute);
    case TimeItem::kSecond: return text->number(0, 61, &parts->second) && parts->second < 60;
    case TimeItem::kFraction: return text->fraction(&parts->micros);
    case TimeItem::kHalfOfDay:
      parts->half = text->word("am", 2) ? 1 : text->word("pm", 2) ? 2 : 0;
      return parts->half != 0;
    case TimeItem::kMonthAbbreviation:
      return (parts->month = text->name(kMonths, kAbbreviation)) != 0;
    case TimeItem::kMonthName: return (parts->month = text->name(kMonths, ~0u)) != 0;
    case TimeItem::kWeekdayAbbreviation: return text->name(kWeekdays, kAbbreviation) != 0;
    case TimeItem::kWeekdayName: return text->name(kWeekdays, ~0u) != 0;
    case TimeItem::kOffset: parts->has_offset = true; return text->offset(&parts->offset_micros);
    case TimeItem::kDayOfYear: return text->number(1, 366, &parts->day_of_year);
    case TimeItem::kIso8601: return read_iso(text, parts);
    default: return false;
  }
}

/// Seconds east of UTC at a local time. One that there is twice, or never, is taken as if the
/// clock had not been changed yet: datetime.datetime with fold=0 (PEP 495).
int64_t offset_at_local(const ZoneTable& zone, int64_t local_seconds) {
  int32_t before = zone.header->first_offset;
  uint32_t low = 0;
  for (uint32_t left = zone.header->num_transitions; left != 0;) {
    const uint32_t half = left / 2;
    const uint32_t at = low + half;
    const int32_t earlier = at == 0 ? zone.header->first_offset : zone.offsets[at - 1];
    const int32_t later = zone.offsets[at];
    // Behind it the clock shows what it has never shown before.
    const int64_t begin = zone.transitions[at] + (earlier > later ? earlier : later);
    if (begin > local_seconds) {
      left = half;
    } else {
      before = later;
      low = at + 1;
      left -= half + 1;
    }
  }
  return before;
}

/// `zone`: of texts that say no offset; its header is null where they are taken as they are.
bool to_micros(Parts parts, const ZoneTable& zone, int64_t* micros) {
  if (parts.day > days_in_month(parts.year, parts.month)) return false;
  if (parts.day_of_year != 0) {
    if (parts.day_of_year > 337 + days_in_month(parts.year, 2)) return false;
    parts.day = parts.day_of_year;  // of the first month, however many that has
  }
  if (parts.hour_of_12) parts.hour = parts.hour % 12 + (parts.half == 2 ? 12 : 0);
  const int64_t seconds = days_of(parts.year, parts.month, parts.day) * kSecondsPerDay +
                          parts.hour * 3600 + parts.minute * 60 + parts.second;
  if (zone.header != nullptr && !parts.has_offset) {
    parts.offset_micros = offset_at_local(zone, seconds) * kMicrosPerSecond;
  }
  *micros = seconds * kMicrosPerSecond + parts.micros - parts.offset_micros;
  return true;
}

/// The end of the format that begins at `at`; its items are known to be sound.
const uint8_t* next_format(const uint8_t* at) {
  while (*at != static_cast<uint8_t>(TimeItem::kEnd)) {
    at += *at == static_cast<uint8_t>(TimeItem::kLiteral) ? 2 + at[1] : 1;
  }
  return at + 1;
}

bool parse(BytesView value, const uint8_t* format, const ZoneTable& zone, int64_t* micros) {
  Reader text{value.data, value.data + value.length};
  Parts parts;
  for (; *format != static_cast<uint8_t>(TimeItem::kEnd); ++format) {
    const auto item = static_cast<TimeItem>(*format);
    if (item == TimeItem::kLiteral) {
      const uint32_t length = format[1];
      if (!text.literal(format + 2, length)) return false;
      format += 1 + length;
    } else if (!read_item(item, &text, &parts)) {
      return false;
    }
  }
  return text.at == text.end && to_micros(parts, zone, micros);
}

struct ParseDatetime {
  static constexpr StepCode kCode = StepCode::kParseDatetime;
  static constexpr const char* kName = "parse_datetime";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    const uint64_t zone_bytes = record.integers[0];
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 1, .integer_mask = 0b1, .data = true}) ||
        input_type(record, plan) != ValueType::kBytes ||
        output_type(record, plan) != ValueType::kI64 || record.data_length <= zone_bytes) {
      return kBadRecord;
    }
    const uint8_t* at = plan.data + record.data_offset;
    const uint8_t* const end = at + record.data_length;
    if (zone_bytes != 0 && !zone_table_is_sound(at, zone_bytes)) return kBadRecord;
    at += zone_bytes;
    auto item = TimeItem::kEnd;
    while (at != end) {
      item = static_cast<TimeItem>(*at++);
      if (item > kLastTimeItem) return kBadRecord;
      if (item != TimeItem::kLiteral) continue;
      if (at == end || *at == 0 || *at >= end - at) return kBadRecord;
      at += 1 + *at;
    }
    return ok_if(item == TimeItem::kEnd);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const uint8_t* const data = context.data + record.data_offset;
    const uint8_t* const formats = data + record.integers[0];
    const uint8_t* const end = data + record.data_length;
    const ZoneTable zone = record.integers[0] == 0 ? ZoneTable{} : zone_table(data);
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const BytesView* from = values_of<BytesView>(in);
    int64_t* to = values_of<int64_t>(out);
    for (uint32_t word = 0; word < kValidityWords; ++word) {
      uint64_t present = 0;
      for (uint32_t row = word * 64; row < in.num_rows && row < word * 64 + 64; ++row) {
        int64_t micros = 0;
        bool good = false;
        if (is_valid(in.validity, row)) {
          for (const uint8_t* at = formats; at != end && !good; at = next_format(at)) {
            good = parse(from[row], at, zone, &micros);
          }
        }
        to[row] = good ? micros : 0;
        present |= static_cast<uint64_t>(good) << (row & 63);
      }
      out.validity[word] = present;
    }
  }
};

}  // namespace

extern constinit const Step kParseDatetimeStep = step_of<ParseDatetime>();

}  // namespace mainspring
