// Rows on both sides of a split.
#include <algorithm>

#include "measure/checks/check.hpp"
#include "measure/checks/row_hashes.hpp"

namespace mainspring {

namespace {

struct SplitDuplicates {
  static constexpr std::string_view kName = "split_duplicates";
  static constexpr std::string_view kSummary =
      "Share of the test rows that are in training, too, in every feature.";
  static constexpr CheckScope kScope = CheckScope::kSplit;
  static constexpr CheckNotes kNotes{
      .formula = "test rows whose features, by a 128-bit hash, occur in training / test rows",
      .missing = "missing equals missing",
      .why = "What was learnt by heart is tested.",
      .remedy = "Take them out with mainspring.deduplicate before the split.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const CheckTable& train = *input.table;
    const CheckTable& test = *input.test;
    Finding finding{kName, "(all features)"};
    finding.of_test = true;
    finding.limit = options.split_duplicates_warn;
    std::vector<const RowColumn*> before, now;
    for (const uint32_t at : train.features) {
      const RowColumn& column = train.columns[at];
      const auto same = std::ranges::find_if(test.columns, [&](const RowColumn& other) {
        return other.name == column.name && other.kind == column.kind;
      });
      if (same == test.columns.end()) continue;
      before.push_back(&column);
      now.push_back(&*same);
    }
    if (before.empty()) {
      finding.sentence = "Training and test share no feature.";
      return finding;
    }
    std::vector<RowHash> known = row_hashes(before, train.num_rows);
    std::sort(known.begin(), known.end());
    const std::vector<RowHash> hashes = row_hashes(now, test.num_rows);
    for (uint64_t row = 0; row < test.num_rows; ++row) {
      if (!std::binary_search(known.begin(), known.end(), hashes[row])) continue;
      ++finding.num_rows;
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value = test.num_rows == 0 ? 0
                                       : static_cast<double>(finding.num_rows) /
                                             static_cast<double>(test.num_rows);
    judge_above(options.split_duplicates_warn, options.split_duplicates_fail, &finding);
    finding.sentence = std::to_string(finding.num_rows) + " test rows are in training, too (" +
                       short_text(100 * finding.value) + " %).";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kSplitDuplicates = check_of<SplitDuplicates>();

}  // namespace mainspring
