// A test too small to tell.
#include <algorithm>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct TestSize {
  static constexpr std::string_view kName = "test_size";
  static constexpr std::string_view kSummary = "Rows of the test.";
  static constexpr CheckScope kScope = CheckScope::kSplit;
  static constexpr CheckNotes kNotes{
      .formula =
          "test rows; warns below test_rows_warn, and where there are fewer than test_share_warn "
          "for each training row",
      .missing = "no row is left out",
      .why = "What a small test says is mostly chance.",
      .remedy = "Test on more rows; ask for intervals.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    Finding finding{kName, "(all rows)"};
    finding.of_test = true;
    const auto rows = static_cast<double>(input.test->num_rows);
    const auto trained = static_cast<double>(input.table->num_rows);
    finding.num_rows = input.test->num_rows;
    finding.value = rows;
    finding.limit = std::max(options.test_rows_warn, options.test_share_warn * trained);
    if (rows < finding.limit) finding.severity = Severity::kWarn;
    finding.sentence = std::to_string(input.test->num_rows) + " test rows for " +
                       std::to_string(input.table->num_rows) + " of training.";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kTestSize = check_of<TestSize>();

}  // namespace mainspring
