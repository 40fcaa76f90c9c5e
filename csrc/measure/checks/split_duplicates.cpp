// Rows on both sides of a split.
#include <algorithm>
#include <bit>
#include <string_view>

#include "measure/checks/check.hpp"
#include "measure/checks/row_hashes.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

// Codes of labels are of one table; equal values have equal hashes in two.
uint64_t label_hash(const RowColumn& column, uint64_t row) {
  if (column.missing(row)) return kMissingHash;
  if (!column.has_codes()) return hash_u64(std::bit_cast<uint64_t>(column.numbers[row] + 0.0));
  const std::string_view text = column.texts[column.codes[row] - 1];
  return hash_bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

RowHash with_label(const RowHash& hash, const RowColumn& label, uint64_t row) {
  const uint64_t of_label = label_hash(label, row);
  return {combine_hashes(hash.high, of_label), combine_hashes(of_label, hash.low)};
}

struct SplitDuplicates {
  static constexpr std::string_view kName = "split_duplicates";
  static constexpr std::string_view kSummary =
      "Share of the test rows that are in training, too, in every feature.";
  static constexpr CheckScope kScope = CheckScope::kSplit;
  static constexpr CheckNotes kNotes{
      .formula = "test rows whose features, by a 128-bit hash, occur in training / test rows",
      .missing = "missing equals missing",
      .source = "S. Kapoor and A. Narayanan 2023, arXiv:2207.07048",
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
    std::vector<RowHash> labelled(known);
    for (uint64_t row = 0; row < train.num_rows; ++row) {
      labelled[row] = with_label(known[row], train.label.column, row);
    }
    std::sort(known.begin(), known.end());
    std::sort(labelled.begin(), labelled.end());
    const std::vector<RowHash> hashes = row_hashes(now, test.num_rows);
    uint64_t same_label = 0;
    for (uint64_t row = 0; row < test.num_rows; ++row) {
      if (!std::binary_search(known.begin(), known.end(), hashes[row])) continue;
      ++finding.num_rows;
      same_label += std::binary_search(labelled.begin(), labelled.end(),
                                       with_label(hashes[row], test.label.column, row));
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value = test.num_rows == 0 ? 0
                                       : static_cast<double>(finding.num_rows) /
                                             static_cast<double>(test.num_rows);
    judge_above(options.split_duplicates_warn, options.split_duplicates_fail, &finding);
    finding.sentence = std::to_string(finding.num_rows) + " test rows are in training, too (" +
                       short_text(100 * finding.value) + " %), " + std::to_string(same_label) +
                       " of them with the same label.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kSplitDuplicates = check_of<SplitDuplicates>();

}  // namespace mainspring
