// Counts between edges as a distribution, with what it leaves open.
#include "measure/drift/counted_numbers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "profile/walk_numbers.hpp"

namespace mainspring {

namespace {

struct Weighted {
  double value;
  uint64_t count;
};

// Counts in bins, and values beside them that are in none, in one order.
Distribution merged(const DriftBins& on, std::span<const uint64_t> bins,
                    std::span<const Distribution* const> beside) {
  std::vector<Weighted> all;
  Distribution result;
  const std::span<const double> edges = on.bins.edges();
  double open_area = 0;
  uint64_t open = 0;
  for (uint32_t bin = 1; bin < edges.size(); ++bin) {
    if (on.bins.lists(bin) || bins[bin] == 0) continue;
    all.push_back({on.place_of(bin), bins[bin]});
    if (next_after(edges[bin - 1]) == edges[bin]) continue;
    open = std::max(open, bins[bin]);
    open_area += (edges[bin] - edges[bin - 1]) * static_cast<double>(bins[bin]);
  }
  for (const Distribution* values : beside) {
    const auto middle = static_cast<std::ptrdiff_t>(all.size());
    for (size_t i = 0; i < values->values.size(); ++i) {
      all.push_back({values->values[i], values->counts[i]});
    }
    std::inplace_merge(all.begin(), all.begin() + middle, all.end(),
                       [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  }
  for (const Weighted& one : all) {
    result.total += one.count;
    result.values.push_back(one.value);
    result.counts.push_back(one.count);
  }
  if (result.total == 0) return result;
  const auto total = static_cast<double>(result.total);
  result.gap_error = static_cast<double>(open) / total;
  result.gap_area = open_area / total;
  for (const Distribution* values : beside) {
    const double error = values->rank_error * static_cast<double>(values->total) / total;
    result.rank_error = std::max(result.rank_error, error);
  }
  return result;
}

}  // namespace

std::shared_ptr<const DriftBins> DriftBins::of_points(std::span<const double> ascending) {
  std::optional<NumberBins> bins = NumberBins::of_points(ascending);
  if (!bins.has_value()) return nullptr;
  return std::make_shared<const DriftBins>(DriftBins{*std::move(bins), true});
}

std::shared_ptr<const DriftBins> DriftBins::of_edges(const std::vector<double>& ascending) {
  std::optional<NumberBins> moved = NumberBins::moved(ascending);
  return std::make_shared<const DriftBins>(
      DriftBins{moved.has_value() ? *std::move(moved) : NumberBins::thinned(ascending), false});
}

double DriftBins::place_of(uint32_t bin) const {
  const std::span<const double> edges = bins.edges();
  const double low = edges[bin - 1], high = edges[bin];
  if (next_after(low) == high || !std::isfinite(high)) return low;
  return std::max(low, low / 2 + high / 2);
}

Distribution DriftBins::count(const Distribution& numbers) const {
  if (points) return numbers;
  const std::span<const double> edges = bins.edges();
  std::vector<uint64_t> counts(edges.size() + 1, 0);
  Distribution beside;
  uint32_t bin = 0;
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    while (bin < edges.size() && numbers.values[i] >= edges[bin]) ++bin;
    counts[bin] += numbers.counts[i];
    if (!bins.lists(bin)) continue;
    beside.values.push_back(numbers.values[i]);
    beside.counts.push_back(numbers.counts[i]);
  }
  const Distribution* const all[] = {&beside};
  Distribution result = merged(*this, counts, all);
  result.rank_error = numbers.rank_error;
  return result;
}

CountedNumbers::CountedNumbers(std::shared_ptr<const DriftBins> bins, bool with_moments)
    : bins_(std::move(bins)), counts_(bins_->bins.empty_counts()) {
  if (!with_moments) return;
  sums_.emplace();
  const std::span<const double> edges = bins_->bins.edges();
  center_ = edges[edges.size() / 2];
}

void CountedNumbers::update(const ColumnView& view, bool is_time) {
  for_each_numbers(view, is_time, [this](const double* values, uint64_t count) {
    // So few at once that moments find them where counting has left them, next to the CPU.
    constexpr uint64_t kAtOnce = 4 * NumberBins::kBlock;
    for (uint64_t done = 0; done < count; done += kAtOnce) {
      const uint64_t part = std::min(kAtOnce, count - done);
      bins_->bins.count(values + done, part, &counts_);
      if (sums_.has_value()) add_moments(values + done, part, num_rows_);
      num_rows_ += part;
    }
    list();
  });
  counts_.settle();
}

void CountedNumbers::add_counts(const BinCounts& counts, uint64_t num_rows) {
  for (size_t bin = 0; bin < counts.bins.size(); ++bin) counts_.bins[bin] += counts.bins[bin];
  counts_.nans += counts.nans;
  counts_.min = std::min(counts_.min, counts.min);
  counts_.max = std::max(counts_.max, counts.max);
  counts_.listed = counts.listed;
  list();
  num_rows_ += num_rows;
}

void CountedNumbers::add_moments(const double* values, uint64_t count, uint64_t first_row) {
  MomentSums& sums = *sums_;
  const auto add = [&sums, this](double value, uint64_t lane) {
    const bool counts = std::fabs(value) <= std::numeric_limits<double>::max();
    const double away = counts ? value - center_ : 0.0;
    sums.count[lane] += counts ? 1 : 0;
    sums.sum[lane] += away;
    sums.squares[lane] += away * away;
  };
  constexpr uint64_t kLanes = 8;
  uint64_t i = 0;
  for (; i < count && (first_row + i) % kLanes != 0; ++i) add(values[i], (first_row + i) % kLanes);
  const uint64_t whole = (count - i) & ~(kLanes - 1);
  sums.add_eights(values + i, whole, center_);
  i += whole;
  for (uint64_t lane = 0; i < count; ++i, ++lane) add(values[i], lane);
}

namespace {

double total(const std::array<double, 8>& lanes) {
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
         ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

}  // namespace

double CountedNumbers::mean() const {
  if (!sums_.has_value()) return std::numeric_limits<double>::quiet_NaN();
  return center_ + total(sums_->sum) / total(sums_->count);
}

double CountedNumbers::deviation() const {
  if (!sums_.has_value()) return std::numeric_limits<double>::quiet_NaN();
  const double count = total(sums_->count);
  const double away = total(sums_->sum) / count;
  return std::sqrt(std::max(0.0, total(sums_->squares) / count - away * away));
}

void CountedNumbers::list() {
  if (counts_.listed.empty()) return;
  const double first = bins_->bins.edges()[0];
  std::vector<double>& listed = counts_.listed;
  const auto middle = std::stable_partition(listed.begin(), listed.end(),
                                            [first](double value) { return value < first; });
  const auto below = static_cast<uint64_t>(middle - listed.begin());
  below_.add(listed.data(), below);
  others_.add(listed.data() + below, listed.size() - below);
  listed.clear();
}

double CountedNumbers::min() const { return num_rows_ > missing() ? counts_.min + 0.0 : 0; }

double CountedNumbers::max() const { return num_rows_ > missing() ? counts_.max + 0.0 : 0; }

Distribution CountedNumbers::distribution() const {
  const Distribution below = below_.distribution();
  const Distribution others = others_.distribution();
  const Distribution* const all[] = {&below, &others};
  return merged(*bins_, counts_.bins, all);
}

}  // namespace mainspring
