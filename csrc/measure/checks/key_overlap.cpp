// Finds keys on both sides.
#include "measure/checks/key_overlap.hpp"

#include <unordered_set>

namespace mainspring {

Finding judge_overlap(std::string_view check, const RowColumn& train, const RowColumn& test) {
  Finding finding{check, test.name};
  finding.of_test = true;
  const auto key = [](const RowColumn& column, uint64_t row) {
    return column.has_codes() ? static_cast<double>(column.codes[row]) : column.numbers[row] + 0.0;
  };
  std::unordered_set<double> known;
  for (uint64_t row = 0; row < train.num_rows(); ++row) {
    if (!train.missing(row)) known.insert(key(train, row));
  }
  uint64_t present = 0;
  for (uint64_t row = 0; row < test.num_rows(); ++row) {
    if (test.missing(row)) continue;
    ++present;
    if (!known.contains(key(test, row))) continue;
    ++finding.num_rows;
    if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
  }
  finding.value =
      present == 0 ? 0 : static_cast<double>(finding.num_rows) / static_cast<double>(present);
  judge_above(0, 0, &finding);
  finding.sentence = std::to_string(finding.num_rows) + " of " + std::to_string(present) +
                     " test rows have a key that training has, too.";
  return finding;
}

}  // namespace mainspring
