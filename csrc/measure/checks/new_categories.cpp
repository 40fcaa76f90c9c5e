// Categories that training never saw.
#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct NewCategories {
  static constexpr std::string_view kName = "new_categories";
  static constexpr std::string_view kSummary =
      "Share of the test strings that no training row has.";
  static constexpr CheckScope kScope = CheckScope::kPair;
  static constexpr CheckNotes kNotes{
      .formula = "test rows with a string that training lacks / test rows with a string",
      .missing = "missing rows are left out; numbers are not judged",
      .why = "A model knows nothing of them, and treats them all alike.",
      .remedy = "Give rare ones one id with min_count; look whether the feed has changed.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const RowColumn& train = *input.feature;
    const RowColumn& test = *input.test_feature;
    Finding finding{kName, test.name};
    finding.of_test = true;
    finding.limit = options.new_categories_warn;
    if (!test.has_codes()) {
      finding.sentence = "Judged for strings only.";
      return finding;
    }
    uint64_t present = 0;
    for (uint64_t row = 0; row < test.codes.size(); ++row) {
      present += test.codes[row] == 0 ? 0 : 1;
      if (test.codes[row] < train.num_codes) continue;
      ++finding.num_rows;
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value =
        present == 0 ? 0 : static_cast<double>(finding.num_rows) / static_cast<double>(present);
    judge_above(options.new_categories_warn, options.new_categories_fail, &finding);
    finding.sentence = short_text(100 * finding.value) +
                       " % of the test rows have a category that training lacks.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kNewCategories = check_of<NewCategories>();

}  // namespace mainspring
