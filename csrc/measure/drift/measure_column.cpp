// Computes every statistic that applies to a column.
#include <algorithm>
#include <cmath>
#include <utility>

#include "measure/drift/column_drift.hpp"

namespace mainspring {

namespace {

bool applies(StatisticKind kind, const ColumnPair& pair) {
  switch (kind) {
    case StatisticKind::kNumeric: return pair.numeric();
    case StatisticKind::kCategorical: return pair.categorical();
    case StatisticKind::kTwoCategories: return pair.two_categories();
    case StatisticKind::kAny: return pair.numeric() || pair.categorical();
  }
  return false;
}

const StatisticValue* find(const ColumnDrift& column, std::string_view name) {
  for (const ColumnDrift::Measured& measured : column.statistics) {
    if (measured.statistic->name == name) return &measured.result;
  }
  return nullptr;
}

// A test by the p-value of `tested`, with those of `effects` that have a value.
void add_test(ColumnDrift* column, std::string_view tested,
              std::initializer_list<std::pair<std::string_view, double>> effects) {
  const StatisticValue* result = find(*column, tested);
  if (result == nullptr || !result->p_value.has_value()) return;
  DriftTest test{{}, *result->p_value};
  for (const auto& [name, limit] : effects) {
    const StatisticValue* effect = find(*column, name);
    if (effect == nullptr || std::isnan(effect->value)) continue;
    // Fewer unseen categories than expected are no drift, missing rows are drift both ways.
    const double size = name == "missing_rate" ? std::fabs(effect->value) : effect->value;
    test.effects.push_back({name, std::max(size, 0.0), limit});
  }
  column->tests.push_back(std::move(test));
}

void choose_tests(const ColumnPair& pair, const DriftOptions& options, ColumnDrift* column) {
  const uint64_t rows = std::min(column->reference_rows, column->current_rows);
  const uint64_t present = std::min(pair.reference.present(), pair.current.present());
  const bool enough = static_cast<double>(present) >= options.min_rows;
  if (!enough) {
    column->too_few = "Too few present rows: " + std::to_string(pair.reference.present()) +
                      " in the reference, " + std::to_string(pair.current.present()) + " now, " +
                      std::to_string(static_cast<uint64_t>(options.min_rows)) + " needed.";
  }
  if (enough && (pair.kind == ColumnKind::kNumber || is_list(pair.kind))) {
    add_test(column, "ks", {{"ks", options.ks}, {"wasserstein_std", options.wasserstein_std}});
  }
  if (enough && pair.categorical()) {
    add_test(column, "chi2", {{"js_debiased", options.js_debiased}});
    if (pair.match.unseen_least > 0) {
      add_test(column, "unseen_rate", {{"unseen_rate", options.unseen_rate}});
    }
  }
  // Tests that cannot reject would only weaken the others' correction.
  const bool any_missing = pair.reference.missing + pair.current.missing > 0;
  if (any_missing && static_cast<double>(rows) >= options.min_rows) {
    add_test(column, "missing_rate", {{"missing_rate", options.missing_rate}});
  }
}

}  // namespace

StatisticValue measure(const Statistic& statistic, const ColumnPair& pair,
                       const DriftOptions& options) {
  StatisticValue result = statistic.value(pair, options);
  if (std::isnan(result.value) && result.reason.empty()) {
    result.reason = "infinite values leave nothing to measure by";
  }
  return result;
}

ColumnDrift measure_column(const DriftColumn& reference, const DriftColumn& current,
                           const DriftOptions& options) {
  const ColumnPair pair(reference, current, options);
  ColumnDrift column;
  column.name = reference.profile->name();
  column.kind = pair.kind;
  column.reference_rows = reference.num_rows();
  column.current_rows = current.num_rows();
  column.exact = pair.exact();
  const Distribution& before = pair.reference.numbers;
  const Distribution& now = pair.current.numbers;
  column.rank_error =
      before.rank_error + now.rank_error + std::min(before.gap_error, now.gap_error);
  for (const Statistic* statistic : statistic_list()) {
    const bool wanted =
        statistic->use == StatisticUse::kAlways ||
        std::find(options.asked.begin(), options.asked.end(), statistic) != options.asked.end();
    if (!wanted || !applies(statistic->kind, pair)) continue;
    column.statistics.push_back({statistic, measure(*statistic, pair, options)});
  }
  choose_tests(pair, options, &column);
  column.shares = shares_of(pair);
  return column;
}

}  // namespace mainspring
