// One directive, one item; what stands between them is a literal, or white space of any length.
#include "fit/plan/time_format.hpp"

#include <algorithm>

#include "runtime/core/whitespace.hpp"
#include "runtime/steps/time_format.hpp"

namespace mainspring {
namespace {

/// A directive, its item, and what it says: one bit for each part of a time.
struct Directive {
  char letter;
  TimeItem item;
  uint32_t says;
};

constexpr uint32_t kYearPart = 1, kMonthPart = 2, kDayPart = 4, kHourPart = 8, kMinutePart = 16,
                   kSecondPart = 32, kFractionPart = 64, kHalfPart = 128, kWeekdayPart = 256,
                   kOffsetPart = 512;

constexpr Directive kDirectives[] = {
    {'Y', TimeItem::kYear, kYearPart},
    {'y', TimeItem::kShortYear, kYearPart},
    {'m', TimeItem::kMonth, kMonthPart},
    {'b', TimeItem::kMonthAbbreviation, kMonthPart},
    {'B', TimeItem::kMonthName, kMonthPart},
    {'d', TimeItem::kDay, kDayPart},
    {'H', TimeItem::kHour, kHourPart},
    {'I', TimeItem::kHour12, kHourPart},
    {'M', TimeItem::kMinute, kMinutePart},
    {'S', TimeItem::kSecond, kSecondPart},
    {'f', TimeItem::kFraction, kFractionPart},
    {'p', TimeItem::kHalfOfDay, kHalfPart},
    {'a', TimeItem::kWeekdayAbbreviation, kWeekdayPart},
    {'A', TimeItem::kWeekdayName, kWeekdayPart},
    {'z', TimeItem::kOffset, kOffsetPart},
    {'j', TimeItem::kDayOfYear, kMonthPart | kDayPart},
};

/// Text between directives.
void append_literal(std::string_view text, std::vector<uint8_t>* items) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, 255);
    items->push_back(static_cast<uint8_t>(TimeItem::kLiteral));
    items->push_back(static_cast<uint8_t>(part.size()));
    items->insert(items->end(), part.begin(), part.end());
    text.remove_prefix(part.size());
  }
}

}  // namespace

bool append_time_format(std::string_view format, std::vector<uint8_t>* items, std::string* fault) {
  if (format == kIso8601Format) {
    items->push_back(static_cast<uint8_t>(TimeItem::kIso8601));
    items->push_back(static_cast<uint8_t>(TimeItem::kEnd));
    return true;
  }
  std::string literal;
  uint32_t said = 0;
  const auto end_literal = [&] {
    append_literal(literal, items);
    literal.clear();
  };
  while (!format.empty()) {
    const auto* at = reinterpret_cast<const uint8_t*>(format.data());
    const uint8_t* const behind = skip_whitespace(at, at + format.size());
    if (behind != at) {
      end_literal();
      items->push_back(static_cast<uint8_t>(TimeItem::kWhitespace));
      format.remove_prefix(static_cast<size_t>(behind - at));
      continue;
    }
    if (format[0] != '%' || format.substr(0, 2) == "%%") {
      literal += format[0];
      format.remove_prefix(format[0] == '%' ? 2 : 1);
      continue;
    }
    const auto* const found = std::find_if(
        std::begin(kDirectives), std::end(kDirectives),
        [&](const Directive& known) { return format.size() > 1 && known.letter == format[1]; });
    if (found == std::end(kDirectives)) {
      *fault = "the directive '" + std::string(format.substr(0, 2)) + "' is not known";
      return false;
    }
    if ((said & found->says) != 0) {
      *fault = "the directive '" + std::string(format.substr(0, 2)) + "' says what one before does";
      return false;
    }
    said |= found->says;
    end_literal();
    items->push_back(static_cast<uint8_t>(found->item));
    format.remove_prefix(2);
  }
  if (said == 0) {
    *fault = "it has no directive";
    return false;
  }
  end_literal();
  items->push_back(static_cast<uint8_t>(TimeItem::kEnd));
  return true;
}

bool has_offset(std::string_view format) {
  for (size_t i = 0; i + 1 < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (format[i + 1] == 'z') return true;
    ++i;
  }
  return false;
}

}  // namespace mainspring
