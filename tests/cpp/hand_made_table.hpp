// A table of a number, an integer, a timestamp and a string, with missing values in each, and
// expressions over them.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow_column.hpp"
#include "fit/plan/fitter.hpp"
#include "fit/transforms/transform_list.hpp"
#include "host/table.hpp"

namespace mainspring {

inline void release_nothing(ArrowSchema* schema) { schema->release = nullptr; }
inline void release_nothing(ArrowArray* array) { array->release = nullptr; }

/// Columns that outlive their table.
class HandMadeTable {
 public:
  explicit HandMadeTable(int64_t num_rows = 700) {
    std::vector<std::optional<double>> numbers;
    std::vector<std::optional<int64_t>> integers, times;
    Strings texts;
    for (int64_t row = 0; row < num_rows; ++row) {
      numbers.push_back(row % 7 == 0 ? std::nullopt : std::optional(0.25 * (row % 31) - 0.5));
      integers.push_back(row % 13 == 0 ? std::nullopt : std::optional(row % 5));
      times.push_back(row % 11 == 0 ? std::nullopt : std::optional(row * 86'461'000));
      texts.push_back(row % 3 == 0 ? std::nullopt
                                   : std::optional(std::string(row % 29, 'x') + "é"));
      target_.push_back(row % 2 == 0 ? 1.0 : 0.1);
    }
    add("x", number_column<double>("g", numbers, 3, 7.0));
    add("n", number_column<int64_t>("l", integers, 0, -1));
    add("t", number_column<int64_t>("tsm:Europe/Paris", times, 1, 5));
    add("s", offset_strings<int32_t>("u", texts, 2));
    finish();
  }
  /// One column, "x", and no target.
  explicit HandMadeTable(std::unique_ptr<ArrowColumn> column) {
    add("x", std::move(column));
    finish();
  }

  const Table& table() const { return *table_; }
  const double* target() const { return target_.data(); }

 private:
  void finish() {
    for (auto& column : columns_) {
      schemas_.push_back(&column->schema);
      arrays_.push_back(&column->array);
    }
    schema_.format = "+s";
    schema_.name = "";
    schema_.n_children = static_cast<int64_t>(columns_.size());
    schema_.children = schemas_.data();
    schema_.release = [](ArrowSchema* schema) { release_nothing(schema); };
    array_.length = columns_.front()->array.length;
    array_.n_buffers = 1;
    array_.buffers = no_buffers_;
    array_.n_children = schema_.n_children;
    array_.children = arrays_.data();
    array_.release = [](ArrowArray* array) { release_nothing(array); };
    table_ = std::make_unique<Table>(Table::from_array(&schema_, &array_));
  }

  void add(const char* name, std::unique_ptr<ArrowColumn> column) {
    column->schema.name = name;
    column->schema.flags = 2;  // nullable
    column->schema.release = [](ArrowSchema* schema) { release_nothing(schema); };
    column->array.release = [](ArrowArray* array) { release_nothing(array); };
    columns_.push_back(std::move(column));
  }

  std::vector<std::unique_ptr<ArrowColumn>> columns_;
  std::vector<ArrowSchema*> schemas_;
  std::vector<ArrowArray*> arrays_;
  const void* no_buffers_[1] = {nullptr};
  ArrowSchema schema_{};
  ArrowArray array_{};
  std::vector<double> target_;
  std::unique_ptr<Table> table_;
};

inline Expression expression(std::vector<std::string> columns,
                             std::vector<std::pair<std::string, NamedParams>> operators) {
  Expression made;
  made.columns = std::move(columns);
  for (const auto& [name, params] : operators) {
    made.operators.push_back(bind_operator(name, params));
  }
  return made;
}

}  // namespace mainspring
