// Rows that are there more than once.
#include "measure/checks/check.hpp"
#include "measure/checks/row_hashes.hpp"

namespace mainspring {

namespace {

struct DuplicateRows {
  static constexpr std::string_view kName = "duplicate_rows";
  static constexpr std::string_view kSummary =
      "Share of the rows that repeat an earlier one in every column.";
  static constexpr CheckScope kScope = CheckScope::kTable;
  static constexpr CheckNotes kNotes{
      .formula = "1 - distinct rows / rows, by a 128-bit hash of every column",
      .missing = "missing equals missing",
      .why =
          "Repeated rows weigh more than others in training, and fall on both sides of a random "
          "split.",
      .remedy = "Take them out with mainspring.deduplicate, unless they are different events.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const CheckTable& table = *input.table;
    Finding finding{kName, "(all columns)"};
    finding.num_rows = count_repeats(row_hashes(all_columns(table), table.num_rows), &finding.rows);
    finding.value = table.num_rows == 0 ? 0
                                        : static_cast<double>(finding.num_rows) /
                                              static_cast<double>(table.num_rows);
    judge_above(options.duplicate_rows_warn, 2, &finding);
    finding.sentence = std::to_string(finding.num_rows) + " rows repeat an earlier one (" +
                       short_text(100 * finding.value) + " %).";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kDuplicateRows = check_of<DuplicateRows>();

}  // namespace mainspring
