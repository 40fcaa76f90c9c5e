// Decides whether a measured column has drifted, and says why.
#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "measure/drift/column_drift.hpp"
#include "measure/drift/correction.hpp"

namespace mainspring {

namespace {

std::string short_number(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

void append(std::string* text, std::string_view separator, const std::string& more) {
  if (!text->empty()) *text += separator;
  *text += more;
}

void judge_column(const DriftOptions& options, ColumnDrift* column) {
  if (!column->finding.empty()) {
    column->drifted = true;
    column->effect = std::numeric_limits<double>::infinity();
    column->reason = column->finding;
    return;
  }
  std::string found;     // effects that count
  std::string unproven;  // effects over their limit whose test does not reject
  std::string small;     // the rest
  double largest_found = 0;
  double largest = 0;
  for (const DriftTest& test : column->tests) {
    column->p_value = std::min(column->p_value.value_or(1), test.corrected);
    for (const DriftEffect& effect : test.effects) {
      const std::string size = std::string(effect.name) + " " + short_number(effect.size);
      // Nothing is impossible: 0 is what is left of a p-value that no double can hold.
      const std::string p = test.corrected > 0 ? "p " + short_number(test.corrected) : "p < 1e-300";
      largest = std::max(largest, effect.ratio());
      if (!effect.reached()) {
        append(&small, ", ", size + " of " + short_number(effect.limit));
      } else if (test.corrected < options.level) {
        largest_found = std::max(largest_found, effect.ratio());
        append(&found, "; ", size + ", limit " + short_number(effect.limit) + ", " + p);
      } else {
        append(&unproven, "; ",
               size + " reaches its limit " + short_number(effect.limit) + ", but " + p +
                   " does not reach " + short_number(options.level));
      }
    }
  }
  column->drifted = !found.empty();
  column->effect = column->drifted ? largest_found : largest;
  if (column->drifted) {
    column->reason = found + ".";
  } else if (!unproven.empty()) {
    column->reason = unproven + ".";
  } else if (!column->too_few.empty()) {
    column->reason = column->too_few;
  } else if (column->kind == ColumnKind::kTimestamp) {
    column->reason = "Time moves on: only missing rows are judged.";
  } else if (small.empty()) {
    column->reason = "Nothing to compare.";
  } else {
    column->reason = "No effect reaches its limit: " + small + ".";
  }
}

}  // namespace

void judge(std::vector<ColumnDrift>* columns, const DriftOptions& options) {
  std::vector<double> p_values;
  for (const ColumnDrift& column : *columns) {
    for (const DriftTest& test : column.tests) p_values.push_back(test.p_value);
  }
  const std::vector<double> all = corrected(p_values, options.correction);
  size_t at = 0;
  for (ColumnDrift& column : *columns) {
    for (DriftTest& test : column.tests) test.corrected = all[at++];
    judge_column(options, &column);
  }
}

}  // namespace mainspring
