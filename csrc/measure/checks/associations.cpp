// Rank correlations and Cramer's V of every pair of features.
#include "measure/checks/associations.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/thread_pool.hpp"
#include "measure/checks/text_rows.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kMaxCategories = 256;
constexpr uint64_t kMinPairs = 20;

// Mean ranks of equal values, less their middle; NaN where missing.
std::vector<double> ranks_of(const RowColumn& column) {
  std::vector<uint64_t> order;
  for (uint64_t row = 0; row < column.numbers.size(); ++row) {
    if (!column.missing(row)) order.push_back(row);
  }
  std::sort(order.begin(), order.end(),
            [&](uint64_t a, uint64_t b) { return column.numbers[a] < column.numbers[b]; });
  std::vector<double> ranks(column.numbers.size(), std::numeric_limits<double>::quiet_NaN());
  for (size_t first = 0; first < order.size();) {
    size_t end = first;
    while (end < order.size() && column.numbers[order[end]] == column.numbers[order[first]]) ++end;
    for (size_t i = first; i < end; ++i) {
      ranks[order[i]] =
          0.5 * static_cast<double>(first + end) - 0.5 * static_cast<double>(order.size());
    }
    first = end;
  }
  return ranks;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  double rows = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (size_t row = 0; row < a.size(); ++row) {
    if (std::isnan(a[row]) || std::isnan(b[row])) continue;
    rows += 1;
    x += a[row];
    y += b[row];
    xx += a[row] * a[row];
    yy += b[row] * b[row];
    xy += a[row] * b[row];
  }
  if (rows < kMinPairs) return 0;
  const double spread_x = xx - x * x / rows, spread_y = yy - y * y / rows;
  if (!(spread_x > 1e-9 * xx) || !(spread_y > 1e-9 * yy)) return 0;
  return std::min(1.0, std::fabs(xy - x * y / rows) / std::sqrt(spread_x * spread_y));
}

double cramers_v(const RowColumn& a, const RowColumn& b) {
  std::vector<double> cells(size_t{a.num_codes} * b.num_codes, 0), in_a(a.num_codes, 0),
      in_b(b.num_codes, 0);
  double rows = 0;
  for (size_t row = 0; row < a.codes.size(); ++row) {
    if (a.codes[row] == 0 || b.codes[row] == 0) continue;
    cells[size_t{a.codes[row]} * b.num_codes + b.codes[row]] += 1;
    in_a[a.codes[row]] += 1;
    in_b[b.codes[row]] += 1;
    rows += 1;
  }
  if (rows < kMinPairs) return 0;
  const auto kinds = [](const std::vector<double>& counts) {
    return static_cast<double>(std::ranges::count_if(counts, [](double n) { return n > 0; }));
  };
  const double r = kinds(in_a), c = kinds(in_b);
  if (r < 2 || c < 2) return 0;
  double sum = 0;
  for (uint32_t i = 1; i < a.num_codes; ++i) {
    for (uint32_t j = 1; j < b.num_codes; ++j) {
      const double n = cells[size_t{i} * b.num_codes + j];
      if (n > 0) sum += n * n / (in_a[i] * in_b[j]);
    }
  }
  const double phi = std::max(0.0, sum - 1 - (r - 1) * (c - 1) / (rows - 1));
  const double r_left = r - (r - 1) * (r - 1) / (rows - 1);
  const double c_left = c - (c - 1) * (c - 1) / (rows - 1);
  const double most = std::min(r_left, c_left) - 1;
  return most > 0 ? std::sqrt(std::min(1.0, phi / most)) : 0;
}

}  // namespace

std::vector<Association> associations(const CheckTable& table) {
  std::vector<uint32_t> numbers, texts;
  for (const uint32_t at : table.features) {
    const RowColumn& column = table.columns[at];
    if (column.kind == ColumnKind::kNumber) numbers.push_back(at);
    if (column.has_codes() && column.num_codes <= kMaxCategories + 1) texts.push_back(at);
  }
  std::vector<std::vector<double>> ranks(numbers.size());
  parallel_for(numbers.size(),
               [&](uint64_t i, uint32_t) { ranks[i] = ranks_of(table.columns[numbers[i]]); });
  struct Pair {
    uint32_t a, b;
    bool text;
  };
  std::vector<Pair> pairs;
  for (uint32_t a = 0; a < numbers.size(); ++a) {
    for (uint32_t b = a + 1; b < numbers.size(); ++b) pairs.push_back({a, b, false});
  }
  for (uint32_t a = 0; a < texts.size(); ++a) {
    for (uint32_t b = a + 1; b < texts.size(); ++b) pairs.push_back({a, b, true});
  }
  std::vector<Association> found(pairs.size());
  parallel_for(pairs.size(), [&](uint64_t i, uint32_t) {
    const Pair pair = pairs[i];
    const std::vector<uint32_t>& of = pair.text ? texts : numbers;
    const double value = pair.text ? cramers_v(table.columns[of[pair.a]], table.columns[of[pair.b]])
                                   : correlation(ranks[pair.a], ranks[pair.b]);
    found[i] = {of[pair.a], of[pair.b], value};
  });
  std::stable_sort(found.begin(), found.end(),
                   [](const Association& a, const Association& b) { return a.value > b.value; });
  return found;
}

}  // namespace mainspring
