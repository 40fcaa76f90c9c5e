// Columns that are not on both sides.
#include <algorithm>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct TestColumns {
  static constexpr std::string_view kName = "test_columns";
  static constexpr std::string_view kSummary =
      "Features of training that the test lacks, or has as another kind.";
  static constexpr CheckScope kScope = CheckScope::kSplit;
  static constexpr CheckNotes kNotes{
      .formula =
          "features of training without a column of that name and kind (number, boolean, string, "
          "time) in the test",
      .missing = "a column without a value has any kind",
      .why = "What a model needs is not there.",
      .remedy = "Make both tables by the same query.",
  };

  static Finding run(const CheckInput& input, const CheckOptions&) {
    Finding finding{kName,
                    input.test->missing.empty() ? "(all features)" : input.test->missing.front()};
    finding.of_test = true;
    finding.value = static_cast<double>(input.test->missing.size());
    finding.num_rows = input.test->num_rows;
    judge_above(0, 0, &finding);
    std::string named;
    for (size_t i = 0; i < std::min(kShownRows, input.test->missing.size()); ++i) {
      named += (i == 0 ? "" : ", ") + input.test->missing[i];
    }
    finding.sentence = input.test->missing.empty()
                           ? "The test has every feature of training."
                           : "The test lacks, or has as another kind: " + named + ".";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kTestColumns = check_of<TestColumns>();

}  // namespace mainspring
