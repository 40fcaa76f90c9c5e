// Strings that say nothing.
#include <algorithm>

#include "measure/checks/check.hpp"
#include "measure/checks/text_rows.hpp"

namespace mainspring {

namespace {

bool is_special(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
  });
}

struct SpecialCharacters {
  static constexpr std::string_view kName = "special_characters";
  static constexpr std::string_view kSummary =
      "Share of the strings that are not empty and have neither a letter nor a digit.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula =
          "strings of one byte or more, all of them ASCII other than letters and digits / strings",
      .missing = "missing rows are left out",
      .why = "They are seldom a value that someone meant.",
      .remedy = "Make them missing with null_if, or mend the feed.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    return judge_texts(kName, *input.feature, options.special_characters_warn, &is_special,
                       "of the strings have neither a letter nor a digit.");
  }
};

}  // namespace

extern constinit const CheckEntry kSpecialCharacters = check_of<SpecialCharacters>();

}  // namespace mainspring
