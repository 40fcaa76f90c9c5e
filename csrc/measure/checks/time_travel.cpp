// A value that becomes known only after the prediction was due.
#include <cmath>

#include "measure/checks/check.hpp"

namespace mainspring {

namespace {

struct TimeTravel {
  static constexpr std::string_view kName = "time_travel";
  static constexpr std::string_view kSummary =
      "Share of a feature's present values that become known after the time of prediction: fails "
      "above 0, warns when the time at which present values become known is missing.";
  static constexpr CheckScope kScope = CheckScope::kAvailability;
  static constexpr CheckNotes kNotes{
      .formula =
          "rows with a value that becomes known after the time of prediction / rows with a value "
          "and both times",
      .missing = "rows without a value are left out; a missing time of a row with one is a warning",
      .source =
          "S. Kaufman, S. Rosset, C. Perlich and O. Stitelman 2012, "
          "doi:10.1145/2382577.2382579",
      .why = "A value that is not known yet when the prediction is made cannot be used then.",
      .remedy = "Leave the feature out, or use what was known before.",
  };

  static Finding run(const CheckInput& input, const CheckOptions&) {
    const RowColumn& feature = *input.feature;
    const Availability& known = *input.availability;
    Finding finding{kName, feature.name};
    uint64_t judged = 0, unknown = 0;
    for (uint64_t row = 0; row < feature.num_rows(); ++row) {
      if (feature.missing(row)) continue;
      const double predicted = known.prediction_time->numbers[row];
      const double available = known.known_time == nullptr ? predicted + known.offset_us
                                                           : known.known_time->numbers[row];
      if (std::isnan(predicted) || std::isnan(available)) {
        ++unknown;
        continue;
      }
      ++judged;
      if (available <= predicted) continue;
      ++finding.num_rows;
      if (finding.rows.size() < kShownRows) finding.rows.push_back(row);
    }
    finding.value =
        judged == 0 ? 0 : static_cast<double>(finding.num_rows) / static_cast<double>(judged);
    if (finding.num_rows > 0) {
      finding.severity = Severity::kFail;
      finding.sentence = "Known only after the prediction in " + std::to_string(finding.num_rows) +
                         " of " + std::to_string(judged) + " rows (" +
                         short_text(100 * finding.value) + " %), first in row " +
                         std::to_string(finding.rows.front()) + ".";
    } else if (unknown > 0) {
      finding.severity = Severity::kWarn;
      finding.num_rows = unknown;
      finding.sentence = "When it becomes known, or the time of prediction, is missing in " +
                         std::to_string(unknown) + " rows that have a value.";
    } else {
      finding.sentence = "Known before the prediction in all " + std::to_string(judged) + " rows.";
    }
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kTimeTravel = check_of<TimeTravel>();

}  // namespace mainspring
