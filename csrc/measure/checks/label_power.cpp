// How well one feature alone foretells the label: nearly perfectly is nearly always a leak.
#include <algorithm>
#include <cmath>

#include "measure/checks/check.hpp"
#include "measure/checks/feature_bins.hpp"
#include "measure/checks/power_of.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kFolds = 5;
// Rows of the prior that every bin's mean begins with: a category of one row says little.
constexpr double kPriorRows = 5;

uint32_t fold_of(uint64_t row) { return hash_bucket(mix_row(0, row), kFolds); }

// Rows and sums of labels by fold and bin.
struct Cells {
  uint32_t num_bins;
  std::vector<double> rows, sums;

  explicit Cells(uint32_t bins)
      : num_bins(bins), rows(size_t{kFolds} * bins, 0), sums(size_t{kFolds} * bins, 0) {}
  size_t at(uint32_t fold, uint32_t bin) const { return size_t{fold} * num_bins + bin; }
};

// The mean label of each bin outside `fold`, drawn to the mean of all rows outside it.
std::vector<double> outside_means(const Cells& cells, uint32_t fold) {
  std::vector<double> rows(cells.num_bins, 0), sums(cells.num_bins, 0);
  double all_rows = 0, all_sums = 0;
  for (uint32_t other = 0; other < kFolds; ++other) {
    if (other == fold) continue;
    for (uint32_t bin = 0; bin < cells.num_bins; ++bin) {
      rows[bin] += cells.rows[cells.at(other, bin)];
      sums[bin] += cells.sums[cells.at(other, bin)];
    }
  }
  for (uint32_t bin = 0; bin < cells.num_bins; ++bin) {
    all_rows += rows[bin];
    all_sums += sums[bin];
  }
  const double prior = all_rows > 0 ? all_sums / all_rows : 0;
  for (uint32_t bin = 0; bin < cells.num_bins; ++bin) {
    sums[bin] = (sums[bin] + kPriorRows * prior) / (rows[bin] + kPriorRows);
  }
  return sums;
}

// AUC of one fold's rows, scored by their bins' means in the other folds; `pairs` weighs it.
double fold_auc(const Cells& cells, uint32_t fold, double* pairs) {
  struct Scored {
    double score, positives, negatives;
  };
  const std::vector<double> means = outside_means(cells, fold);
  std::vector<Scored> scored;
  double positives = 0, negatives = 0;
  for (uint32_t bin = 0; bin < cells.num_bins; ++bin) {
    const double rows = cells.rows[cells.at(fold, bin)];
    if (rows == 0) continue;
    const double sum = cells.sums[cells.at(fold, bin)];
    scored.push_back({means[bin], sum, rows - sum});
    positives += sum;
    negatives += rows - sum;
  }
  *pairs = positives * negatives;
  if (*pairs == 0) return 0.5;
  std::sort(scored.begin(), scored.end(),
            [](const Scored& a, const Scored& b) { return a.score < b.score; });
  double area = 0, negatives_below = 0;
  for (size_t i = 0; i < scored.size();) {
    double tied_positives = 0, tied_negatives = 0;
    const double score = scored[i].score;
    for (; i < scored.size() && scored[i].score == score; ++i) {
      tied_positives += scored[i].positives;
      tied_negatives += scored[i].negatives;
    }
    area += tied_positives * (negatives_below + 0.5 * tied_negatives);
    negatives_below += tied_negatives;
  }
  return area / *pairs;
}

// 2 AUC - 1 of the rows of one class against all others, at least 0. AUCs are taken within folds:
// across them the prior of a fold, which its own labels pull the other way, would be scored too.
double class_power(const FeatureBins& bins, const Label& label, uint32_t positive) {
  Cells cells(bins.num_bins);
  for (uint64_t row = 0; row < bins.bin_of.size(); ++row) {
    if (label.classes[row] == Label::kNone) continue;
    const size_t at = cells.at(fold_of(row), bins.bin_of[row]);
    cells.rows[at] += 1;
    cells.sums[at] += label.classes[row] == positive ? 1 : 0;
  }
  double weighted = 0, weights = 0;
  for (uint32_t fold = 0; fold < kFolds; ++fold) {
    double pairs = 0;
    const double auc = fold_auc(cells, fold, &pairs);
    weighted += auc * pairs;
    weights += pairs;
  }
  return weights == 0 ? 0 : std::max(0.0, 2 * weighted / weights - 1);
}

// The share of the variance of the label's ranks that bin means of the other folds explain.
double rank_power(const FeatureBins& bins, const Label& label) {
  Cells cells(bins.num_bins);
  for (uint64_t row = 0; row < bins.bin_of.size(); ++row) {
    if (!label.labelled(row)) continue;
    const size_t at = cells.at(fold_of(row), bins.bin_of[row]);
    cells.rows[at] += 1;
    cells.sums[at] += label.ranks[row];
  }
  std::vector<std::vector<double>> means;
  for (uint32_t fold = 0; fold < kFolds; ++fold) means.push_back(outside_means(cells, fold));
  double errors = 0, variance = 0;
  for (uint64_t row = 0; row < bins.bin_of.size(); ++row) {
    if (!label.labelled(row)) continue;
    const double error = label.ranks[row] - means[fold_of(row)][bins.bin_of[row]];
    errors += error * error;
    variance += (label.ranks[row] - 0.5) * (label.ranks[row] - 0.5);
  }
  return variance == 0 ? 0 : std::max(0.0, 1 - errors / variance);
}

}  // namespace

double power_of(const RowColumn& feature, const Label& label) {
  const FeatureBins bins = bin_feature(feature);
  if (label.task == Task::kRegression) return rank_power(bins, label);
  if (label.class_rows.size() < 2) return 0;
  if (label.class_rows.size() == 2) return class_power(bins, label, 1);
  // The most frequent classes, each against the rest, weighted by their rows.
  constexpr size_t kMaxClasses = 32;
  std::vector<uint32_t> order(label.class_rows.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return label.class_rows[a] > label.class_rows[b];
  });
  order.resize(std::min(order.size(), kMaxClasses));
  double weighted = 0, weights = 0;
  for (const uint32_t positive : order) {
    const auto rows = static_cast<double>(label.class_rows[positive]);
    weighted += rows * class_power(bins, label, positive);
    weights += rows;
  }
  return weighted / weights;
}

namespace {

struct LabelPower {
  static constexpr std::string_view kName = "label_power";
  static constexpr std::string_view kSummary =
      "Power of one feature over the label, cross-fitted in five folds by means over equally "
      "filled bins or categories: 2 AUC - 1 for two classes, the mean of it over classes against "
      "the rest for more, the explained variance of ranks for regression.";
  static constexpr CheckScope kScope = CheckScope::kFeature;
  static constexpr CheckNotes kNotes{
      .formula =
          "2 AUC - 1 of the mean label of a row's bin in the four other folds, drawn to their "
          "overall mean by five rows; AUCs are taken within folds and weighted by their pairs. "
          "Regression: the share of the variance of the label's ranks that the means explain",
      .missing = "rows without a label are left out; of a feature, missing is a bin",
      .source =
          "D. Micci-Barreca 2001, doi:10.1145/507533.507538 (the means); H. B. Mann and D. R. "
          "Whitney 1947, doi:10.1214/aoms/1177730491 (the AUC)",
      .why =
          "One feature that foretells the label almost perfectly is nearly always made from it, or "
          "known after it.",
      .remedy = "Find out when it becomes known; leave it out, or name that time in available.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    Finding finding{kName, input.feature->name};
    finding.num_rows = input.label->num_rows;
    finding.limit = options.label_power_warn;
    if (std::isnan(input.power)) {
      finding.sentence = "Too few labelled rows to judge: " + std::to_string(finding.num_rows) +
                         " of " + short_text(options.min_rows) + ".";
      return finding;
    }
    finding.value = input.power;
    const std::string power = short_text(finding.value);
    if (finding.value > options.label_power_fail) {
      finding.severity = Severity::kFail;
      finding.limit = options.label_power_fail;
      finding.sentence = "Alone it foretells the label almost perfectly (power " + power +
                         "): it is made from the label, or known only after it.";
    } else if (finding.value > options.label_power_warn) {
      finding.severity = Severity::kWarn;
      finding.sentence = "Alone it foretells the label very well (power " + power + ").";
    } else {
      finding.sentence = "Power " + power + " over the label.";
    }
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kLabelPower = check_of<LabelPower>();

}  // namespace mainspring
