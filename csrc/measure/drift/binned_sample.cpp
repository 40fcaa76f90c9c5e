// Counts samples between edges, and sorts only the bins in which two of them may cross.
#include "measure/drift/binned_sample.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "measure/drift/area_sum.hpp"
#include "measure/drift/counted_numbers.hpp"
#include "profile/sort_numbers.hpp"

namespace mainspring {

namespace {

// Fewer values are sorted as fast as they are counted.
constexpr size_t kFewestValues = 32768;
// The sum of a fuller bin would lose digits.
constexpr uint64_t kFullBin = uint64_t{1} << 17;

}  // namespace

std::shared_ptr<const NumberBins> sample_edges(std::span<const double> values) {
  if (values.size() < kFewestValues) return nullptr;
  std::array<double, kSortBlock> sample;
  uint32_t present = 0;
  for (size_t i = 0; i < kSortBlock; ++i) {
    sample[present] = values[values.size() / kSortBlock * i] + 0.0;
    present += std::isfinite(sample[present]) ? 1 : 0;
  }
  sort_numbers(sample.data(), present);
  std::vector<double> edges;
  const auto add = [&edges](double edge) {
    if ((edges.empty() || edges.back() < edge) && std::isfinite(edge)) edges.push_back(edge);
  };
  // A value that occurs again and again gets a bin of its own, whose order is known.
  const uint32_t step = 2;
  for (uint32_t i = 0; i < present; ++i) {
    const bool again = i + 1 < present && sample[i + 1] == sample[i];
    if (!again && i % step != 0) continue;
    add(sample[i]);
    if (again) add(next_after(sample[i]));
  }
  if (edges.size() < 2) return nullptr;
  std::vector<uint8_t> listed(edges.size() + 1, 0);
  return std::make_shared<const NumberBins>(std::move(edges), std::move(listed));
}

std::optional<BinnedSample> bin_sample(std::span<const double> values,
                                       std::shared_ptr<const NumberBins> edges) {
  const std::span<const double> all = edges->edges();
  BinnedSample sample;
  sample.bins.resize(all.size() + 1);
  sample.bin_of.resize(values.size());
  std::vector<double> below(all.size() + 1);
  below[0] = all[0];
  std::copy(all.begin(), all.end(), below.begin() + 1);
  BinnedSample::Bin* bins = sample.bins.data();
  std::array<double, NumberBins::kBlock> present;
  std::array<uint16_t, NumberBins::kBlock> found;
  for (size_t first = 0; first < values.size(); first += NumberBins::kBlock) {
    const auto rows =
        static_cast<uint32_t>(std::min<size_t>(NumberBins::kBlock, values.size() - first));
    const double* block = values.data() + first;
    uint16_t* bin_of = sample.bin_of.data() + first;
    uint32_t missing = 0;
    for (uint32_t i = 0; i < rows; ++i) missing += block[i] != block[i] ? 1 : 0;
    sample.total += rows - missing;
    if (missing > 0) {
      uint32_t at = 0;
      for (uint32_t i = 0; i < rows; ++i) {
        present[at] = block[i];
        at += block[i] == block[i] ? 1 : 0;
      }
      edges->find(present.data(), at, found.data());
      at = 0;
      for (uint32_t i = 0; i < rows; ++i) {
        bin_of[i] = block[i] == block[i] ? found[at++] : BinnedSample::kMissing;
      }
      for (uint32_t i = 0; i < at; ++i) {
        bins[found[i]].above += present[i] - below[found[i]];
        ++bins[found[i]].count;
      }
      continue;
    }
    edges->find(block, rows, bin_of);
    for (uint32_t i = 0; i < rows; ++i) {
      BinnedSample::Bin& bin = bins[bin_of[i]];
      bin.above += block[i] - below[bin_of[i]];
      ++bin.count;
    }
  }
  for (const BinnedSample::Bin& bin : sample.bins) {
    if (!std::isfinite(bin.above)) return std::nullopt;
  }
  sample.edges = std::move(edges);
  return sample;
}

std::vector<double> UnsortedValues::of(const std::vector<uint16_t>& bins,
                                       std::vector<size_t>* ends) const {
  constexpr uint32_t kNone = 0xFFFFFFFF;
  std::vector<uint32_t> number_of(size_t{BinnedSample::kMissing} + 1, kNone);
  std::vector<size_t> next;
  size_t total = 0;
  for (uint32_t i = 0; i < bins.size(); ++i) {
    number_of[bins[i]] = i;
    next.push_back(total);
    total += binned_.bins[bins[i]].count;
    ends->push_back(total);
  }
  std::vector<double> found(total);
  if (bins.empty()) return found;
  for (size_t row = 0; row < values_.size(); ++row) {
    const uint32_t number = number_of[binned_.bin_of[row]];
    if (number != kNone) found[next[number]++] = values_[row];
  }
  size_t begin = 0;
  for (const size_t end : *ends) {
    sort_many_numbers(found.data() + begin, end - begin);
    begin = end;
  }
  return found;
}

std::vector<double> SortedValues::of(const std::vector<uint16_t>& bins,
                                     std::vector<size_t>* ends) const {
  const std::span<const double> edges = binned_.edges->edges();
  std::vector<double> found;
  for (const uint16_t bin : bins) {
    auto at = numbers_.values.begin();
    if (bin > 0) at = std::lower_bound(at, numbers_.values.end(), edges[bin - 1]);
    for (; at != numbers_.values.end() && (bin == edges.size() || *at < edges[bin]); ++at) {
      const auto number = static_cast<size_t>(at - numbers_.values.begin());
      found.insert(found.end(), numbers_.counts[number], *at);
    }
    ends->push_back(found.size());
  }
  return found;
}

namespace {

// Both sides of one bin after another, from the difference of their counts before it.
struct Crossing {
  int64_t n, m;
  double share;  // of an area: 1 / (n m)
  int64_t largest = 0;

  // The area within a bin, whose values are ascending, from `last` on; up to `end`, or up to the
  // last value where that is infinite.
  double area(std::span<const double> x, std::span<const double> y, int64_t difference, double last,
              double end) {
    AreaSum sum;
    size_t i = 0, j = 0;
    const auto pass = [&](double at, int64_t step) {
      const int64_t gap = std::abs(difference);
      if (at != last) largest = std::max(largest, gap);
      sum.add(static_cast<double>(gap) * share * (at - last));
      last = at;
      difference += step;
    };
    while (i < x.size() && j < y.size()) {
      const double a = x[i], b = y[j];
      const int64_t take_x = a <= b ? 1 : 0, take_y = b <= a ? 1 : 0;
      pass(std::min(a, b), take_x * m - take_y * n);
      i += static_cast<size_t>(take_x);
      j += static_cast<size_t>(take_y);
    }
    for (; i < x.size(); ++i) pass(x[i], m);
    for (; j < y.size(); ++j) pass(y[j], -n);
    if (std::isfinite(end)) pass(end, 0);
    return sum.value();
  }
};

}  // namespace

std::optional<RankDistances> binned_distances(const BinnedSample& x, const BinValues& x_values,
                                              const BinnedSample& y, const BinValues& y_values) {
  constexpr uint64_t kFits = uint64_t{1} << 31;  // products below 2^62
  if (x.total >= kFits || y.total >= kFits) return std::nullopt;
  const std::span<const double> edges = x.edges->edges();
  const auto n = static_cast<int64_t>(x.total), m = static_cast<int64_t>(y.total);
  Crossing crossing{n, m, 1 / (static_cast<double>(n) * static_cast<double>(m))};
  std::vector<int64_t> before(x.bins.size() + 1, 0);
  for (size_t bin = 0; bin < x.bins.size(); ++bin) {
    const auto in_x = static_cast<int64_t>(x.bins[bin].count);
    const auto in_y = static_cast<int64_t>(y.bins[bin].count);
    before[bin + 1] = before[bin] + in_x * m - in_y * n;
    crossing.largest = std::max(crossing.largest, std::abs(before[bin + 1]));
  }
  AreaSum sum;
  std::vector<uint16_t> open;  // bins whose order matters
  for (size_t bin = 0; bin < x.bins.size(); ++bin) {
    const BinnedSample::Bin &in_x = x.bins[bin], &in_y = y.bins[bin];
    const bool is_end = bin == 0 || bin == edges.size();
    const double width = is_end ? 0 : edges[bin] - edges[bin - 1];
    const auto after = static_cast<double>(before[bin + 1]);
    if (!is_end && next_after(edges[bin - 1]) == edges[bin]) {  // one value, at the edge
      sum.add(std::fabs(after) * crossing.share * width);
      continue;
    }
    const int64_t most = before[bin] + static_cast<int64_t>(in_x.count) * m;
    const int64_t least = before[bin] - static_cast<int64_t>(in_y.count) * n;
    const bool both = in_x.count > 0 && in_y.count > 0;
    const bool may_be_largest = both && std::max(most, -least) > crossing.largest;
    const bool may_cross = most > 0 && least < 0;
    if (may_cross || may_be_largest || std::max(in_x.count, in_y.count) > kFullBin) {
      open.push_back(static_cast<uint16_t>(bin));
      continue;
    }
    // One function is above the other all the way: the area between them is a difference of sums.
    const double moved = in_x.above / static_cast<double>(n) - in_y.above / static_cast<double>(m);
    sum.add(std::fabs(width * (after * crossing.share) - moved));
  }
  std::vector<size_t> x_ends, y_ends;
  const std::vector<double> of_x = x_values.of(open, &x_ends);
  const std::vector<double> of_y = y_values.of(open, &y_ends);
  size_t x_begin = 0, y_begin = 0;
  for (size_t i = 0; i < open.size(); ++i) {
    const std::span<const double> in_x(of_x.data() + x_begin, x_ends[i] - x_begin);
    const std::span<const double> in_y(of_y.data() + y_begin, y_ends[i] - y_begin);
    const size_t bin = open[i];
    double last = bin > 0 ? edges[bin - 1] : edges[0];
    if (bin == 0 && !in_x.empty()) last = std::min(last, in_x[0]);
    if (bin == 0 && !in_y.empty()) last = std::min(last, in_y[0]);
    const double end = bin < edges.size() ? edges[bin] : std::numeric_limits<double>::infinity();
    sum.add(crossing.area(in_x, in_y, before[bin], last, end));
    x_begin = x_ends[i];
    y_begin = y_ends[i];
  }
  return RankDistances{
      static_cast<double>(crossing.largest) / (static_cast<double>(n) * static_cast<double>(m)),
      sum.value()};
}

}  // namespace mainspring
