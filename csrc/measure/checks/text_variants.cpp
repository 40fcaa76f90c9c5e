// One word in many spellings.
#include <map>
#include <string>

#include "measure/checks/check.hpp"
#include "measure/checks/text_rows.hpp"

namespace mainspring {

namespace {

// Letters and digits in lower case; bytes beyond ASCII as they are.
std::string bare(std::string_view text) {
  std::string kept;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 'A' && byte <= 'Z') {
      kept += static_cast<char>(byte + 32);
    } else if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) {
      kept += letter;
    }
  }
  return kept;
}

struct TextVariants {
  static constexpr std::string_view kName = "text_variants";
  static constexpr std::string_view kSummary =
      "Share of the strings that are spelled in more than one way: upper and lower case, spaces, "
      "punctuation.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula =
          "strings whose ASCII letters and digits, in lower case, and other bytes are those of a "
          "string that is spelled otherwise / strings",
      .missing = "missing rows are left out",
      .why = "One thing becomes two categories, each learnt from fewer rows.",
      .remedy = "Bring them into one form with strip and case, or map_values.",
  };

  static Finding run(const CheckInput& input, const CheckOptions&) {
    const RowColumn& feature = *input.feature;
    Finding finding{kName, feature.name};
    std::map<std::string, uint32_t> spellings;
    const std::vector<uint64_t> counts = code_counts(feature);
    for (uint32_t code = 1; code < counts.size(); ++code) {
      if (counts[code] > 0) ++spellings[bare(feature.texts[code - 1])];
    }
    std::vector<bool> varied(counts.size(), false);
    uint64_t present = 0;
    for (uint32_t code = 1; code < counts.size(); ++code) {
      present += counts[code];
      if (counts[code] == 0) continue;
      const std::string key = bare(feature.texts[code - 1]);
      varied[code] = !key.empty() && spellings[key] > 1;
      if (varied[code]) finding.num_rows += counts[code];
    }
    for (uint64_t row = 0; row < feature.codes.size() && finding.rows.size() < kShownRows; ++row) {
      if (varied[feature.codes[row]]) finding.rows.push_back(row);
    }
    finding.value =
        present == 0 ? 0 : static_cast<double>(finding.num_rows) / static_cast<double>(present);
    judge_above(0, 2, &finding);
    finding.sentence =
        short_text(100 * finding.value) + " % of the strings are spelled in more than one way.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kTextVariants = check_of<TextVariants>();

}  // namespace mainspring
