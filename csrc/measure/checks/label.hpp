// The label as checks see it: classes, or numbers and their ranks.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "measure/checks/row_column.hpp"

namespace mainspring {

enum class Task : uint8_t { kBinary = 1, kMulticlass = 2, kRegression = 3 };

struct Label {
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  RowColumn column;
  Task task = Task::kRegression;
  std::vector<uint32_t> classes;  // of each row; kNone where the label is missing or has no classes
  std::vector<uint64_t> class_rows;  // rows of each class, ascending by value or appearance
  std::vector<double> ranks;         // of regression: in (0, 1), equal values share their mean; NaN
  uint64_t num_rows = 0;             // with a label
  uint64_t most_common = 0;          // rows of the most frequent value
  std::string most_common_value;

  bool labelled(uint64_t row) const { return !column.missing(row); }
};

/// `task` kBinary, kMulticlass or kRegression as asked, or chosen when `automatic`: strings and
/// booleans are classes; numbers are classes when there are two of them, or at most 20 and all
/// integers. Throws Error(kSchema) for strings as regression labels and Error(kData) for a binary
/// label of more than two values.
Label make_label(RowColumn column, Task task, bool automatic);

}  // namespace mainspring
