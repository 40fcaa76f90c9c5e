// Two features that say the same.
#include <algorithm>

#include "measure/checks/associations.hpp"
#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct RedundantFeatures {
  static constexpr std::string_view kName = "redundant_features";
  static constexpr std::string_view kSummary =
      "The largest association of two features: rank correlation of numbers, Cramer's V of "
      "strings.";
  static constexpr CheckScope kScope = CheckScope::kTable;
  static constexpr CheckNotes kNotes{
      .formula =
          "|Pearson's r| of ranks over rows that have both, each column ranked over its own rows, "
          "equal values sharing their mean rank; of strings of at most 256 values, V with "
          "correction for bias over rows that have both",
      .missing = "missing rows are left out",
      .source =
          "C. Spearman 1904, doi:10.2307/1412159; W. Bergsma 2013, doi:10.1016/j.jkss.2012.10.002 "
          "(V)",
      .why = "Two columns that say the same share their importance between them, and cost twice.",
      .remedy = "Keep one of them.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const CheckTable& table = *input.table;
    const std::vector<Association> pairs = associations(table);
    Finding finding{kName, "(pairs of features)"};
    finding.limit = options.redundant_features_warn;
    finding.num_rows = table.num_rows;
    uint64_t above = 0;
    std::string named;
    for (const Association& pair : pairs) {
      finding.value = std::max(finding.value, pair.value);
      if (!(pair.value > options.redundant_features_warn)) continue;
      if (++above > kShownRows) continue;
      named += (named.empty() ? "" : ", ") + table.columns[pair.first].name + " and " +
               table.columns[pair.second].name + " (" + short_text(pair.value) + ")";
    }
    judge_above(options.redundant_features_warn, 2, &finding);
    finding.sentence = above == 0 ? "No two features say the same."
                                  : std::to_string(above) + " pairs say the same: " + named +
                                        (above > kShownRows ? ", and others." : ".");
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kRedundantFeatures = check_of<RedundantFeatures>();

}  // namespace mainspring
