// Labels that training never saw.
#include <cmath>
#include <set>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct NewLabels {
  static constexpr std::string_view kName = "new_labels";
  static constexpr std::string_view kSummary =
      "Share of the labelled test rows with a class that training lacks.";
  static constexpr CheckScope kScope = CheckScope::kSplit;
  static constexpr CheckNotes kNotes{
      .formula =
          "test rows with a class that no training row has / labelled test rows; 0 for regression",
      .missing = "rows without a label are left out",
      .why = "A class that was never seen is never predicted.",
      .remedy = "Stratify the split, or leave the class out of both.",
  };

  static Finding run(const CheckInput& input, const CheckOptions&) {
    const Label& train = input.table->label;
    const Label& test = input.test->label;
    Finding finding{kName, test.column.name};
    finding.of_test = true;
    if (train.task == Task::kRegression || train.column.has_codes() != test.column.has_codes()) {
      finding.sentence = "Judged for classes only.";
      return finding;
    }
    std::set<double> numbers;
    std::set<std::string_view> texts(train.column.texts.begin(), train.column.texts.end());
    for (const double value : train.column.numbers) {
      if (!std::isnan(value)) numbers.insert(value);
    }
    for (uint64_t row = 0; row < input.test->num_rows; ++row) {
      if (!test.labelled(row)) continue;
      const bool known = test.column.has_codes()
                             ? texts.contains(test.column.texts[test.column.codes[row] - 1])
                             : numbers.contains(test.column.numbers[row]);
      if (known) continue;
      ++finding.num_rows;
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value = test.num_rows == 0 ? 0
                                       : static_cast<double>(finding.num_rows) /
                                             static_cast<double>(test.num_rows);
    judge_above(0, 0, &finding);
    finding.sentence =
        std::to_string(finding.num_rows) + " test rows have a label that training lacks.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kNewLabels = check_of<NewLabels>();

}  // namespace mainspring
