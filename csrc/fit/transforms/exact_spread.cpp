// The textbook formula in doubles would lose all digits where the mean lies far from zero.
#include "fit/transforms/exact_spread.hpp"

#include <algorithm>
#include <cmath>

namespace mainspring {

std::vector<double> leading_parts(ExactSum sum) {
  std::vector<double> parts;
  for (double part = sum.value(); part != 0 && std::isfinite(part) && parts.size() < 6;
       part = sum.value()) {
    parts.push_back(part);
    sum.add(-part);
  }
  return parts;
}

double scaled_spread(double count, const ExactSum& sum, const ExactSum& squares) {
  const std::vector<double> sum_parts = leading_parts(sum);
  ExactSum spread;
  for (const double part : leading_parts(squares)) spread.add_product(count, part);
  for (const double a : sum_parts) {
    for (const double b : sum_parts) spread.add_product(-a, b);
  }
  return std::max(0.0, spread.value());
}

double scaled_spread(double count, double sum, double squares) {
  return scaled_difference(count, squares, sum, sum);
}

double scaled_difference(double a, const ExactSum& x, double b, const ExactSum& y) {
  ExactSum difference;
  for (const double part : leading_parts(x)) difference.add_product(a, part);
  for (const double part : leading_parts(y)) difference.add_product(-b, part);
  return difference.value();
}

double scaled_difference(double a, double x, double b, double y) {
  const auto product = [](double p, double q) {
    return static_cast<__int128>(static_cast<int64_t>(p)) * static_cast<int64_t>(q);
  };
  return static_cast<double>(product(a, x) - product(b, y));
}

}  // namespace mainspring
