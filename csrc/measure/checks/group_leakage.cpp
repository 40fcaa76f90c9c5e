// Groups on both sides of a split.
#include "measure/checks/check.hpp"
#include "measure/checks/key_overlap.hpp"

namespace mainspring {

namespace {

struct GroupLeakage {
  static constexpr std::string_view kName = "group_leakage";
  static constexpr std::string_view kSummary =
      "Share of the test rows whose group is in training, too.";
  static constexpr CheckScope kScope = CheckScope::kGroup;
  static constexpr CheckNotes kNotes{
      .formula = "test rows whose key occurs in training / test rows with a key",
      .missing = "rows without a key are left out",
      .source = "S. Kapoor and A. Narayanan 2023, arXiv:2207.07048",
      .why = "A test of the same customers, machines or patients measures memory.",
      .remedy = "Split with mainspring.split(group=).",
  };

  static Finding run(const CheckInput& input, const CheckOptions&) {
    return judge_overlap(kName, *input.feature, *input.test_feature);
  }
};

}  // namespace

extern constinit const CheckEntry kGroupLeakage = check_of<GroupLeakage>();

}  // namespace mainspring
