// Rows that are there more than once, but for rounding.
#include <algorithm>
#include <cmath>

#include "measure/checks/check.hpp"
#include "measure/checks/row_hashes.hpp"

namespace mainspring {

namespace {

// A thousandth of the interquartile range of finite numbers; 0 of other columns.
double step_of(const RowColumn& column) {
  if (column.kind != ColumnKind::kNumber) return 0;
  std::vector<double> values;
  for (const double value : column.numbers) {
    if (std::isfinite(value)) values.push_back(value);
  }
  if (values.size() < 4) return 0;
  const auto at = [&](size_t rank) {
    std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(rank), values.end());
    return values[rank];
  };
  const double low = at(values.size() / 4);
  return 1e-3 * (at(3 * values.size() / 4) - low);
}

struct NearDuplicateRows {
  static constexpr std::string_view kName = "near_duplicate_rows";
  static constexpr std::string_view kSummary =
      "Share of the rows that repeat an earlier one when numbers are cut to a thousandth of their "
      "interquartile range, beyond those that are equal.";
  static constexpr CheckScope kScope = CheckScope::kTable;
  static constexpr CheckNotes kNotes{
      .formula =
          "distinct rows - distinct rows with numbers cut to multiples of 0.001 (Q3 - Q1), / "
          "rows; Q1 and Q3 at ranks n/4 and 3n/4",
      .missing = "missing equals missing",
      .why = "Rows that differ by rounding alone tell a model in training what a test row holds.",
      .remedy = "Look whether a feed delivers rows twice; split by group.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const CheckTable& table = *input.table;
    Finding finding{kName, "(all columns)"};
    std::vector<double> steps;
    for (const RowColumn& column : table.columns) steps.push_back(step_of(column));
    const auto columns = all_columns(table);
    std::vector<uint64_t> ignored;
    const uint64_t equal = count_repeats(row_hashes(columns, table.num_rows), &ignored);
    const uint64_t near = count_repeats(row_hashes(columns, table.num_rows, steps), &finding.rows);
    finding.num_rows = near - std::min(near, equal);
    finding.value = table.num_rows == 0 ? 0
                                        : static_cast<double>(finding.num_rows) /
                                              static_cast<double>(table.num_rows);
    judge_above(options.near_duplicate_rows_warn, 2, &finding);
    finding.sentence = std::to_string(finding.num_rows) +
                       " rows repeat an earlier one but for a thousandth of a column's spread.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kNearDuplicateRows = check_of<NearDuplicateRows>();

}  // namespace mainspring
