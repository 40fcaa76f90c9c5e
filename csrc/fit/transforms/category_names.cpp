// One rule for each type of key; each gives different keys different texts.
#include "fit/transforms/category_names.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>

#include "runtime/core/utf8.hpp"
#include "runtime/steps/time_units.hpp"

namespace mainspring {

namespace {

void append_escape(uint8_t byte, std::string* text) {
  constexpr char kDigits[] = "0123456789abcdef";
  *text += "\\x";
  *text += kDigits[byte >> 4];
  *text += kDigits[byte & 15];
}

int64_t ticks_per_second(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMilli: return 1'000;
    case TimeUnit::kMicro: return 1'000'000;
    case TimeUnit::kNano: return 1'000'000'000;
    default: return 1;
  }
}

/// Empty where the year leaves the calendar's range: the caller writes the number.
std::string time_text(int64_t ticks, TimeUnit unit) {
  constexpr int64_t kMaxDays = 11'000'000;  // some 30,000 years
  const int64_t per_day = unit == TimeUnit::kDay ? 1 : 86'400 * ticks_per_second(unit);
  const int64_t days = floor_divide(ticks, per_day);
  if (days < -kMaxDays || days > kMaxDays) return {};
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int32_t>(days)}}};
  char text[64];
  int length =
      std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (unit == TimeUnit::kDay) return {text, static_cast<size_t>(length)};
  const int64_t of_day = ticks - days * per_day;
  const int64_t seconds = of_day / ticks_per_second(unit);
  const int64_t fraction = of_day % ticks_per_second(unit);
  length += std::snprintf(text + length, sizeof text - static_cast<size_t>(length),
                          "T%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                          static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  if (fraction != 0) {
    const int digits = unit == TimeUnit::kMilli ? 3 : unit == TimeUnit::kMicro ? 6 : 9;
    length += std::snprintf(text + length, sizeof text - static_cast<size_t>(length), ".%0*d",
                            digits, static_cast<int>(fraction));
  }
  return {text, static_cast<size_t>(length)};
}

}  // namespace

std::string escaped(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    const uint64_t good = first_bad_utf8(data, bytes.size());
    for (uint64_t i = 0; i < good; ++i) {
      if (data[i] == '\\') {
        text += "\\\\";
      } else if (data[i] < 0x20 || data[i] == 0x7f) {
        append_escape(data[i], &text);
      } else {
        text += bytes[i];
      }
    }
    bytes.remove_prefix(good);
    if (bytes.empty()) break;
    append_escape(static_cast<uint8_t>(bytes[0]), &text);
    bytes.remove_prefix(1);
  }
  return text;
}

std::string category_name(const KeyIndex& keys, uint32_t number, TimeUnit unit) {
  if (keys.type() == ValueType::kBytes) return escaped(keys.bytes_key(number));
  if (keys.type() == ValueType::kF64) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, keys.number_key(number));
    return {text, end.ptr};
  }
  const int64_t ticks = keys.integer_key(number);
  const std::string time = unit == TimeUnit::kNone ? std::string() : time_text(ticks, unit);
  return time.empty() ? std::to_string(ticks) : time;
}

}  // namespace mainspring
