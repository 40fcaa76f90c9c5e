// Words that stand for a missing value.
#include <algorithm>
#include <array>

#include "measure/checks/check.hpp"
#include "measure/checks/text_rows.hpp"

namespace mainspring {

namespace {

bool spells_nothing(std::string_view text) {
  constexpr std::array<std::string_view, 13> kSpellings{
      "", "-", "--", "?", "na", "n/a", "#n/a", "nan", "nil", "none", "null", "missing", "(null)"};
  return std::ranges::find(kSpellings, folded(text)) != kSpellings.end();
}

struct NullSpellings {
  static constexpr std::string_view kName = "null_spellings";
  static constexpr std::string_view kSummary =
      "Share of the strings that spell that nothing is there.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula =
          "strings that are, in lower case and without spaces around, one of: nothing, one or two "
          "dashes, ?, "
          "na, n/a, #n/a, nan, nil, none, null, missing, (null) / strings",
      .missing = "missing rows are left out",
      .why = "What is missing becomes a category of its own, and is not imputed.",
      .remedy = "Make them missing with null_if.",
  };

  static Finding run(const CheckInput& input, const CheckOptions&) {
    return judge_texts(kName, *input.feature, 0, &spells_nothing,
                       "of the strings spell that nothing is there.");
  }
};

}  // namespace

extern constinit const CheckEntry kNullSpellings = check_of<NullSpellings>();

}  // namespace mainspring
