// Rows alike in every feature, but not in the label.
#include <algorithm>

#include "measure/checks/check.hpp"
#include "measure/checks/row_hashes.hpp"

namespace mainspring {

namespace {

struct ConflictingLabels {
  static constexpr std::string_view kName = "conflicting_labels";
  static constexpr std::string_view kSummary =
      "Share of the labelled rows whose features are those of a row with another label.";
  static constexpr CheckScope kScope = CheckScope::kTable;
  static constexpr CheckNotes kNotes{
      .formula =
          "labelled rows whose features also occur with another class / labelled rows; 0 for "
          "regression",
      .missing = "rows without a label are left out; of features missing equals missing",
      .why = "No model can be right about both; such rows bound what any can reach.",
      .remedy = "Look how they were labelled; add the column that tells them apart.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const CheckTable& table = *input.table;
    const Label& label = table.label;
    Finding finding{kName, label.column.name};
    finding.limit = options.conflicting_labels_warn;
    if (label.task == Task::kRegression) {
      finding.sentence = "Judged for classes only.";
      return finding;
    }
    std::vector<const RowColumn*> features;
    for (const uint32_t at : table.features) features.push_back(&table.columns[at]);
    const std::vector<RowHash> hashes = row_hashes(features, table.num_rows);
    std::vector<uint64_t> order;
    for (uint64_t row = 0; row < table.num_rows; ++row) {
      if (label.labelled(row)) order.push_back(row);
    }
    std::sort(order.begin(), order.end(), [&](uint64_t a, uint64_t b) {
      return hashes[a] != hashes[b] ? hashes[a] < hashes[b] : a < b;
    });
    std::vector<uint64_t> found;
    for (size_t first = 0; first < order.size();) {
      size_t end = first;
      bool differ = false;
      while (end < order.size() && hashes[order[end]] == hashes[order[first]]) {
        differ = differ || label.classes[order[end]] != label.classes[order[first]];
        ++end;
      }
      if (differ)
        found.insert(found.end(), order.begin() + static_cast<ptrdiff_t>(first),
                     order.begin() + static_cast<ptrdiff_t>(end));
      first = end;
    }
    std::sort(found.begin(), found.end());
    finding.num_rows = found.size();
    found.resize(std::min(found.size(), kShownRows));
    finding.rows = found;
    finding.value = order.empty()
                        ? 0
                        : static_cast<double>(finding.num_rows) / static_cast<double>(order.size());
    judge_above(options.conflicting_labels_warn, 2, &finding);
    finding.sentence =
        std::to_string(finding.num_rows) + " rows have the features of a row with another label.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kConflictingLabels = check_of<ConflictingLabels>();

}  // namespace mainspring
