// A label that follows the order of the rows.
#include "measure/checks/check.hpp"
#include "measure/checks/power_of.hpp"

namespace mainspring {

namespace {

struct RowNumberPower {
  static constexpr std::string_view kName = "row_number_power";
  static constexpr std::string_view kSummary = "How well the row number alone foretells the label.";
  static constexpr CheckScope kScope = CheckScope::kTable;
  static constexpr CheckNotes kNotes{
      .formula = "label_power of the row number",
      .missing = "rows without a label are left out",
      .why =
          "The order of the rows knows the label: by time, by source, or because it was sorted by "
          "it.",
      .remedy =
          "Split by time or by group, never by chance; leave identifiers out of the features.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const CheckTable& table = *input.table;
    Finding finding{kName, "(row number)"};
    finding.limit = options.row_number_power_warn;
    finding.num_rows = table.label.num_rows;
    if (static_cast<double>(table.label.num_rows) < options.min_rows) {
      finding.sentence = "Too few labelled rows to judge.";
      return finding;
    }
    RowColumn numbers;
    numbers.kind = ColumnKind::kNumber;
    for (uint64_t row = 0; row < table.num_rows; ++row) {
      numbers.numbers.push_back(static_cast<double>(row));
    }
    finding.value = power_of(numbers, table.label);
    judge_above(options.row_number_power_warn, 2, &finding);
    finding.sentence = "Power " + short_text(finding.value) + " of the row number over the label.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kRowNumberPower = check_of<RowNumberPower>();

}  // namespace mainspring
