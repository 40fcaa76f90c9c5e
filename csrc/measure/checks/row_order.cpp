// Rows that stand in an order.
#include <algorithm>
#include <cmath>

#include "host/thread_pool.hpp"
#include "measure/checks/check.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/math.hpp"

namespace mainspring {

namespace {

// 2 sum (-1)^(k-1) exp(-2 k^2 t^2)
double kolmogorov(double t) {
  if (t < 0.2) return 1;
  double sum = 0, sign = 1;
  for (int k = 1; k <= 100; ++k, sign = -sign) {
    const double term = exp_value(-2.0 * k * k * t * t);
    sum += sign * term;
    if (term < 1e-18) break;
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

double order_p_value(const RowColumn& column) {
  struct Place {
    double value;
    uint64_t hash, row;
  };
  std::vector<Place> places;
  for (uint64_t row = 0; row < column.num_rows(); ++row) {
    // Rows are numbered over those that have a value, so that what is missing leaves no gaps.
    if (!column.missing(row)) places.push_back({column.numbers[row], 0, places.size()});
  }
  if (places.size() < 20) return 1;
  for (Place& place : places) place.hash = hash_u64(place.row);
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return a.value != b.value ? a.value < b.value : a.hash < b.hash;
  });
  std::vector<double> distances;
  for (size_t i = 1; i < places.size(); ++i) {
    const auto a = static_cast<double>(places[i].row), b = static_cast<double>(places[i - 1].row);
    distances.push_back(std::fabs(a - b));
  }
  std::sort(distances.begin(), distances.end());
  const auto n = static_cast<double>(places.size()), pairs = n - 1;
  double largest = 0;
  for (size_t i = 0; i < distances.size();) {
    size_t end = i;
    while (end < distances.size() && distances[end] == distances[i]) ++end;
    const double d = distances[i];
    const double until = 1 - (n - d) * (n - d - 1) / (n * pairs);
    const double before = 1 - (n - d + 1) * (n - d) / (n * pairs);
    largest = std::max({largest, std::fabs(static_cast<double>(end) / pairs - until),
                        std::fabs(static_cast<double>(i) / pairs - before)});
    i = end;
  }
  return kolmogorov(largest * std::sqrt(pairs));
}

struct RowOrder {
  static constexpr std::string_view kName = "row_order";
  static constexpr std::string_view kSummary =
      "Whether rows stand in an order: the p-value of how far apart rows with neighbouring values "
      "stand.";
  static constexpr CheckScope kScope = CheckScope::kTable;
  static constexpr CheckNotes kNotes{
      .formula =
          "of each number sorted (equal values in the order of a hash of the row) the distances "
          "in rows of neighbours; D, the largest difference of their distribution from that of a "
          "random order, P(distance <= d) = 1 - (n - d)(n - d - 1) / (n (n - 1)); p of "
          "Kolmogorov's law at D sqrt(n - 1); the smallest over features times their number",
      .missing = "missing rows are left out",
      .source =
          "J. Cummings, E. Snorrason and J. Mueller 2023, arXiv:2305.15696 (the idea); A. "
          "Kolmogorov 1933",
      .why =
          "Neighbours in an ordered table are alike: a split by row number tests what was learnt "
          "by heart.",
      .remedy = "Split by time or by group, or shuffle.",
  };

  static Finding run(const CheckInput& input, const CheckOptions& options) {
    const CheckTable& table = *input.table;
    Finding finding{kName, "(all rows)"};
    finding.value = 1;
    finding.limit = options.row_order_warn;
    finding.num_rows = table.num_rows;
    if (static_cast<double>(table.num_rows) < options.min_rows) {
      finding.sentence = "Too few rows to judge.";
      return finding;
    }
    std::vector<uint32_t> judged;
    for (const uint32_t at : table.features) {
      if (table.columns[at].kind == ColumnKind::kNumber) judged.push_back(at);
    }
    std::vector<double> values(judged.size(), 1);
    parallel_for(judged.size(), [&](uint64_t i, uint32_t) {
      values[i] = order_p_value(table.columns[judged[i]]);
    });
    for (size_t i = 0; i < judged.size(); ++i) {
      const double corrected = std::min(1.0, values[i] * static_cast<double>(judged.size()));
      if (corrected >= finding.value) continue;
      finding.value = corrected;
      finding.column = table.columns[judged[i]].name;
    }
    if (finding.value < options.row_order_warn) finding.severity = Severity::kWarn;
    finding.sentence = finding.severity == Severity::kWarn
                           ? "Rows near each other are alike (p " + short_text(finding.value) + ")."
                           : "No order was found (p " + short_text(finding.value) + ").";
    return finding;
  }
};

}  // namespace

extern constinit const CheckEntry kRowOrder = check_of<RowOrder>();

}  // namespace mainspring
