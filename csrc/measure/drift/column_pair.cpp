// Brings the two sides of a column into the forms that the statistics share.
#include "measure/drift/column_pair.hpp"

#include "measure/drift/two_samples.hpp"

namespace mainspring {

namespace {

ColumnSide side_of_counts(const CountedNumbers& counts) {
  ColumnSide side;
  side.num_rows = counts.num_rows();
  side.missing = counts.missing();
  side.numbers = counts.distribution();
  side.min = counts.min();
  side.max = counts.max();
  // No statistic of a plain report asks for those of the current data.
  side.mean = counts.mean();
  side.deviation = counts.deviation();
  return side;
}

// `on`: what numbers of a profile are counted on, if they are.
ColumnSide side_of(const DriftColumn& either, const DriftBins* on = nullptr) {
  if (either.side != nullptr) return *either.side;
  if (either.counts != nullptr) return side_of_counts(*either.counts);
  if (either.sorted != nullptr) {
    return sorted_column(*either.sorted, either.number,
                         either.profile->kind() == ColumnKind::kTimestamp);
  }
  // No statistic of a plain report asks for the moments of the current data.
  if (either.sample != nullptr) return sorted_sample(*either.sample, false);
  const ColumnProfile& column = *either.profile;
  ColumnSide side;
  side.num_rows = column.num_rows();
  side.missing = column.missing();
  if (column.has_numbers()) {
    const std::shared_ptr<const Distribution> numbers = column.numbers().shared_distribution();
    side.numbers = on != nullptr ? on->count(*numbers) : *numbers;
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

ColumnSide reference_side(const DriftColumn& reference, const DriftColumn& current) {
  const bool counts = current.counts != nullptr && reference.counts == nullptr;
  const DriftBins* on = counts ? &current.counts->bins() : nullptr;
  ColumnSide side = side_of(reference, on);
  const bool profiled =
      reference.side == nullptr && reference.sorted == nullptr && reference.sample == nullptr;
  if (counts && !profiled) side.numbers = on->count(side.numbers);
  return side;
}

}  // namespace

ColumnPair::ColumnPair(const DriftColumn& reference_column, const DriftColumn& current_column,
                       const DriftOptions& options)
    : owned_reference_(reference_side(reference_column, current_column)),
      owned_current_(side_of(current_column)),
      kind(reference_column.profile->kind() == ColumnKind::kUnknown
               ? current_column.profile->kind()
               : reference_column.profile->kind()),
      reference(*owned_reference_),
      current(*owned_current_) {
  if (!categorical()) return;
  match = match_categories(reference.categories, current.categories);
  folded = folded_frequencies(match, reference.missing, current.missing, options.rows_per_bin);
}

const RankDistances& ColumnPair::distances() const {
  if (!distances_.has_value()) distances_ = rank_distances(reference.numbers, current.numbers);
  return *distances_;
}

const Frequencies& ColumnPair::binned(uint32_t num_bins) const {
  const auto known = binned_.find(num_bins);
  if (known != binned_.end()) return known->second;
  return binned_[num_bins] = bin_numbers(reference.numbers, reference.missing, current.numbers,
                                         current.missing, num_bins);
}

bool ColumnPair::exact() const {
  if (numeric()) return reference.numbers.exact() && current.numbers.exact();
  return match.exact;
}

}  // namespace mainspring
