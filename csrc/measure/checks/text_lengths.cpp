// Strings far longer or shorter than others.
#include <algorithm>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct TextLengths {
  static constexpr std::string_view kName = "text_lengths";
  static constexpr std::string_view kSummary =
      "Share of the strings whose length is far from that of the others.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula =
          "strings of a length below Q1 - 3 max(Q3 - Q1, 1) or above Q3 + 3 max(Q3 - Q1, 1) / "
          "strings, lengths in bytes, Q1 and Q3 at ranks n/4 and 3n/4",
      .missing = "missing rows are left out",
      .source = "J. W. Tukey 1977, Exploratory Data Analysis (far out)",
      .why = "They are often two values in one, a free text, or cut off.",
      .remedy = "Look at the rows; parse or cut them.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const RowColumn& feature = *input.feature;
    Finding finding{kName, feature.name};
    finding.limit = options.text_lengths_warn;
    std::vector<uint64_t> lengths;
    for (const uint32_t code : feature.codes) {
      if (code != 0) lengths.push_back(feature.texts[code - 1].size());
    }
    if (!feature.has_codes() || lengths.size() < 4) {
      finding.sentence = "Judged for four strings or more.";
      return finding;
    }
    const auto present = static_cast<double>(lengths.size());
    const auto at = [&](size_t rank) {
      std::nth_element(lengths.begin(), lengths.begin() + static_cast<ptrdiff_t>(rank),
                       lengths.end());
      return static_cast<double>(lengths[rank]);
    };
    const double q1 = at(lengths.size() / 4), q3 = at(3 * lengths.size() / 4);
    const double reach = 3 * std::max(q3 - q1, 1.0);
    for (uint64_t row = 0; row < feature.codes.size(); ++row) {
      if (feature.missing(row)) continue;
      const auto length = static_cast<double>(feature.texts[feature.codes[row] - 1].size());
      if (length >= q1 - reach && length <= q3 + reach) continue;
      ++finding.num_rows;
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value = static_cast<double>(finding.num_rows) / present;
    judge_above(options.text_lengths_warn, 2, &finding);
    finding.sentence = short_text(100 * finding.value) +
                       " % of the strings are far longer or shorter than the others.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kTextLengths = check_of<TextLengths>();

}  // namespace mainspring
