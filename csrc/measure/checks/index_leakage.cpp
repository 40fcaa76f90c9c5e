// Identifiers on both sides of a split.
#include "measure/checks/check.hpp"
#include "measure/checks/key_overlap.hpp"

namespace mainspring {

namespace {

struct IndexLeakage {
  static constexpr std::string_view kName = "index_leakage";
  static constexpr std::string_view kSummary =
      "Share of the test rows whose identifier is in training, too.";
  static constexpr CheckScope kScope = CheckScope::kId;
  static constexpr CheckNotes kNotes{
      .formula = "test rows whose key occurs in training / test rows with a key",
      .missing = "rows without a key are left out",
      .source = "S. Kapoor and A. Narayanan 2023, arXiv:2207.07048",
      .why = "The same event is trained on and tested.",
      .remedy = "Take the rows out of one side.",
  };

  static Finding run(const CheckInput& input, const CheckOptions&) {
    return judge_overlap(kName, *input.feature, *input.test_feature);
  }
};

}  // namespace

extern constinit const CheckEntry kIndexLeakage = check_of<IndexLeakage>();

}  // namespace mainspring
