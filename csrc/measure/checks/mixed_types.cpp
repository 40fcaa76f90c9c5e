// Numbers and words in one column.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

#include "measure/checks/check.hpp"
#include "measure/checks/text_rows.hpp"

namespace mainspring {

namespace {

bool is_number(std::string_view text) {
  const std::string trimmed = folded(text);
  double value = 0;
  const char* end = trimmed.data() + trimmed.size();
  const char* begin = trimmed.data() + (!trimmed.empty() && trimmed.front() == '+' ? 1 : 0);
  const auto read = std::from_chars(begin, end, value);
  return read.ec == std::errc() && read.ptr == end && std::isfinite(value);
}

struct MixedTypes {
  static constexpr std::string_view kName = "mixed_types";
  static constexpr std::string_view kSummary =
      "Share of the rarer of numbers and words among the strings of a feature.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula =
          "min(strings that are numbers, other strings) / strings; a number is a decimal one as "
          "std::from_chars reads it, spaces around it left out",
      .missing = "missing rows are left out; numbers, booleans and times are 0",
      .why = "A column of numbers that holds some words is read as categories.",
      .remedy = "Parse it with parse_number, which makes the words missing.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const RowColumn& feature = *input.feature;
    Finding finding{kName, feature.name};
    finding.limit = options.mixed_types_warn;
    const TextRows rows = text_rows(feature, &is_number);
    const uint64_t fewer = std::min(rows.matching, rows.present - rows.matching);
    finding.num_rows = fewer;
    finding.value =
        rows.present == 0 ? 0 : static_cast<double>(fewer) / static_cast<double>(rows.present);
    if (fewer > 0 && finding.value <= options.mixed_types_warn) finding.severity = Severity::kWarn;
    finding.sentence = short_text(100 * finding.value) + " % of the strings are " +
                       (2 * rows.matching > rows.present ? "no numbers, as the others are."
                                                         : "numbers, among words.");
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kMixedTypes = check_of<MixedTypes>();

}  // namespace mainspring
