// Rise of the share of categories that the reference does not know.

#include "measure/drift/contingency.hpp"
#include "measure/drift/statistic.hpp"

namespace mainspring {

namespace {

// A fresh sample of the same population holds unseen categories too: about as many as the reference
// holds categories once (Good 1953, doi:10.1093/biomet/40.3-4.237). That is the share each side is
// held against, so that a column of ids is not drift.
struct UnseenRate {
  static constexpr std::string_view kName = "unseen_rate";
  static constexpr std::string_view kSummary =
      "Share of present rows whose category the reference lacks, less the share that is expected "
      "without drift (Good-Turing), with Newcombe's interval.";
  static constexpr StatisticKind kKind = StatisticKind::kCategorical;
  static constexpr StatisticUse kUse = StatisticUse::kAlways;
  static constexpr StatisticNotes kNotes{
      .formula =
          "share of present rows whose category the reference lacks - share of the reference's "
          "present rows whose category it holds once",
      .missing = "left out",
      .sketch =
          "the least that is certain, where a sketch of the current data leaves open how often "
          "known "
          "categories are there, and an interval up to the most; not a number where the reference "
          "is sketched: a category that it does not list may have been seen",
      .test = "chi2 of the 2 x 2 table",
      .chance = "0",
      .source = "I. J. Good 1953, doi:10.1093/biomet/40.3-4.237; the interval as of missing_rate",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions& options) {
    // A category that inexact counts do not list may have been seen.
    if (!pair.match.reference_exact) {
      return StatisticValue::none("a category that the sketch does not list may have been seen");
    }
    if (!pair.both_present()) return StatisticValue::none(kNoValues);
    const auto with = [&](double unseen) {
      return compare_shares(static_cast<double>(pair.match.reference_singletons),
                            static_cast<double>(pair.reference.present()), unseen,
                            static_cast<double>(pair.current.present()), options.level);
    };
    const ShareChange least = with(pair.match.unseen_least);
    return {least.change, least.low, with(pair.match.unseen_most).high, least.p_value};
  }
};

}  // namespace

extern constinit const Statistic kUnseenRate = statistic_of<UnseenRate>();

}  // namespace mainspring
