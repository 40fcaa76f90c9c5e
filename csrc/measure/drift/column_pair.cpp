// Brings the two sides of a column into the forms that the statistics share.
#include "measure/drift/column_pair.hpp"

namespace mainspring {

namespace {

ColumnSide side_of(const ColumnProfile& column) {
  ColumnSide side;
  side.num_rows = column.num_rows();
  side.missing = column.missing();
  if (column.has_numbers()) {
    side.numbers = column.numbers().distribution();
    const NumberTally tally = column.numbers().tally();
    side.min = tally.min;
    side.max = tally.max;
    const Moments moments = column.numbers().moments();
    side.finite = moments.count();
    side.mean = moments.mean();
    side.deviation = moments.deviation();
  }
  if (column.has_texts()) side.categories = column.texts().categories();
  return side;
}

}  // namespace

ColumnPair::ColumnPair(const ColumnProfile& reference_column, const ColumnProfile& current_column,
                       const DriftOptions& options)
    : kind(reference_column.kind() == ColumnKind::kUnknown ? current_column.kind()
                                                           : reference_column.kind()),
      reference(side_of(reference_column)),
      current(side_of(current_column)) {
  if (!categorical()) return;
  match = match_categories(reference.categories, current.categories);
  folded = folded_frequencies(match, reference.missing, current.missing, options.rows_per_bin);
}

bool ColumnPair::exact() const {
  if (numeric()) return reference.numbers.rank_error == 0 && current.numbers.rank_error == 0;
  return match.exact;
}

}  // namespace mainspring
