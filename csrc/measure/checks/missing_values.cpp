// How much of a feature is missing.
#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct MissingValues {
  static constexpr std::string_view kName = "missing_values";
  static constexpr std::string_view kSummary = "Share of the rows without a value.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula = "missing rows / rows",
      .missing = "null and NaN are what is counted",
      .why = "What is missing must be guessed, and may be missing for a reason.",
      .remedy = "Look why; impute it with a missing_flag beside it.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const RowColumn& feature = *input.feature;
    Finding finding{kName, feature.name};
    const uint64_t rows = feature.num_rows();
    for (uint64_t row = 0; row < rows; ++row) {
      if (!feature.missing(row)) continue;
      ++finding.num_rows;
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value =
        rows == 0 ? 0 : static_cast<double>(finding.num_rows) / static_cast<double>(rows);
    judge_above(options.missing_values_warn, 2, &finding);
    finding.sentence = short_text(100 * finding.value) + " % of the rows have no value.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kMissingValues = check_of<MissingValues>();

}  // namespace mainspring
