// Reads the label: classes, or numbers with their ranks.
#include "measure/checks/label.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "host/error.hpp"

namespace mainspring {

namespace {

constexpr size_t kMaxIntegerClasses = 20;

struct DistinctNumbers {
  std::vector<double> values;  // ascending
  std::vector<uint64_t> rows;
  bool integers = true;
};

DistinctNumbers distinct_numbers(const std::vector<double>& numbers) {
  std::vector<double> sorted;
  for (const double value : numbers) {
    if (!std::isnan(value)) sorted.push_back(value);
  }
  std::sort(sorted.begin(), sorted.end());
  DistinctNumbers distinct;
  for (const double value : sorted) {
    if (distinct.values.empty() || distinct.values.back() != value) {
      distinct.values.push_back(value);
      distinct.rows.push_back(0);
      distinct.integers = distinct.integers && std::trunc(value) == value;
    }
    ++distinct.rows.back();
  }
  return distinct;
}

std::string number_text(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

void set_classes_from_codes(Label* label) {
  label->class_rows.assign(label->column.num_codes - 1, 0);
  label->classes.resize(label->column.codes.size(), Label::kNone);
  for (size_t row = 0; row < label->column.codes.size(); ++row) {
    const uint32_t code = label->column.codes[row];
    if (code == 0) continue;
    label->classes[row] = code - 1;
    ++label->class_rows[code - 1];
  }
}

void set_classes_from_numbers(const DistinctNumbers& distinct, Label* label) {
  label->class_rows = distinct.rows;
  label->classes.resize(label->column.numbers.size(), Label::kNone);
  for (size_t row = 0; row < label->column.numbers.size(); ++row) {
    const double value = label->column.numbers[row];
    if (std::isnan(value)) continue;
    const auto at = std::lower_bound(distinct.values.begin(), distinct.values.end(), value);
    label->classes[row] = static_cast<uint32_t>(at - distinct.values.begin());
  }
}

void set_ranks(const DistinctNumbers& distinct, Label* label) {
  std::vector<double> rank_of(distinct.values.size());
  double below = 0;
  for (size_t i = 0; i < rank_of.size(); ++i) {
    const auto rows = static_cast<double>(distinct.rows[i]);
    rank_of[i] = (below + 0.5 * rows) / static_cast<double>(label->num_rows);
    below += rows;
  }
  label->ranks.resize(label->column.numbers.size(), std::numeric_limits<double>::quiet_NaN());
  for (size_t row = 0; row < label->column.numbers.size(); ++row) {
    const double value = label->column.numbers[row];
    if (std::isnan(value)) continue;
    const auto at = std::lower_bound(distinct.values.begin(), distinct.values.end(), value);
    label->ranks[row] = rank_of[static_cast<size_t>(at - distinct.values.begin())];
  }
}

}  // namespace

Label make_label(RowColumn column, Task task, bool automatic) {
  Label label;
  label.column = std::move(column);
  const RowColumn& rows = label.column;
  DistinctNumbers distinct;
  size_t num_values = rows.num_codes - 1;
  if (!rows.has_codes()) {
    distinct = distinct_numbers(rows.numbers);
    num_values = distinct.values.size();
  }
  if (automatic) {
    const bool few = num_values <= 2 || (distinct.integers && num_values <= kMaxIntegerClasses);
    task = rows.has_codes() || few ? (num_values <= 2 ? Task::kBinary : Task::kMulticlass)
                                   : Task::kRegression;
  }
  label.task = task;
  if (task == Task::kRegression && rows.has_codes()) {
    throw Error(ErrorKind::kSchema, "Target '" + rows.name + "' has type " + rows.type_name +
                                        ", expected numbers for task 'regression'. Use task "
                                        "'multiclass', or cast it.")
        .column(rows.name)
        .expected("numbers")
        .got(rows.type_name);
  }
  if (task == Task::kBinary && num_values > 2) {
    throw Error(ErrorKind::kData, "Target '" + rows.name + "' has " + std::to_string(num_values) +
                                      " distinct values, expected two for task 'binary'. Use task "
                                      "'multiclass' or 'regression'.")
        .column(rows.name)
        .expected("2")
        .got(std::to_string(num_values));
  }
  if (rows.has_codes()) {
    set_classes_from_codes(&label);
  } else if (task != Task::kRegression) {
    set_classes_from_numbers(distinct, &label);
  }
  const std::vector<uint64_t>& counts = rows.has_codes() ? label.class_rows : distinct.rows;
  label.num_rows = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  if (!counts.empty()) {
    const auto most = std::max_element(counts.begin(), counts.end());
    label.most_common = *most;
    if (!rows.has_codes()) {
      label.most_common_value =
          number_text(distinct.values[static_cast<size_t>(most - counts.begin())]);
    }
  }
  if (task == Task::kRegression) set_ranks(distinct, &label);
  return label;
}

}  // namespace mainspring
