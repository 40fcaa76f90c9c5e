// Epps-Singleton: a test of two samples by their characteristic functions, for values on a lattice
// as well.
#include <array>
#include <cmath>

#include "measure/drift/incomplete_gamma.hpp"
#include "measure/drift/statistic.hpp"
#include "measure/drift/walk_ranks.hpp"
#include "profile/number_profile.hpp"

namespace mainspring {

namespace {

constexpr size_t kSize = 4;  // cosine and sine at two points
using Vector = std::array<double, kSize>;
using Matrix = std::array<Vector, kSize>;

// Rotates until nothing is left beside the diagonal (Jacobi 1846); rows of `vectors` are the
// eigenvectors.
void diagonalize(Matrix* a, Matrix* vectors) {
  *vectors = {};
  for (size_t i = 0; i < kSize; ++i) (*vectors)[i][i] = 1;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double beside = 0;
    for (size_t p = 0; p < kSize; ++p) {
      for (size_t q = p + 1; q < kSize; ++q) {
        const double off = (*a)[p][q];
        beside += std::fabs(off);
        if (off == 0) continue;
        const double theta = ((*a)[q][q] - (*a)[p][p]) / (2 * off);
        const double t = std::copysign(1.0, theta) / (std::fabs(theta) + std::hypot(theta, 1.0));
        const double c = 1 / std::hypot(t, 1.0);
        const double s = t * c;
        for (size_t k = 0; k < kSize; ++k) {
          const double x = (*a)[k][p], y = (*a)[k][q];
          (*a)[k][p] = c * x - s * y;
          (*a)[k][q] = s * x + c * y;
        }
        for (size_t k = 0; k < kSize; ++k) {
          const double x = (*a)[p][k], y = (*a)[q][k];
          (*a)[p][k] = c * x - s * y;
          (*a)[q][k] = s * x + c * y;
          const double v = (*vectors)[p][k], w = (*vectors)[q][k];
          (*vectors)[p][k] = c * v - s * w;
          (*vectors)[q][k] = s * v + c * w;
        }
      }
    }
    if (beside == 0) break;
  }
}

struct Waves {
  Vector mean{};
  Matrix covariance{};  // ddof 0
};

Waves waves_of(const Distribution& numbers, double unit) {
  Waves waves;
  const auto n = static_cast<double>(numbers.total);
  const auto at = [unit](double value) {
    const double first = 0.4 / unit * value, second = 0.8 / unit * value;
    return Vector{std::cos(first), std::cos(second), std::sin(first), std::sin(second)};
  };
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    const Vector wave = at(numbers.values[i]);
    const auto count = static_cast<double>(numbers.counts[i]);
    for (size_t k = 0; k < kSize; ++k) waves.mean[k] += count / n * wave[k];
  }
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    const Vector wave = at(numbers.values[i]);
    const auto count = static_cast<double>(numbers.counts[i]);
    for (size_t k = 0; k < kSize; ++k) {
      for (size_t l = 0; l < kSize; ++l) {
        waves.covariance[k][l] += count / n * (wave[k] - waves.mean[k]) * (wave[l] - waves.mean[l]);
      }
    }
  }
  return waves;
}

double quartile(const Distribution& x, const Distribution& y, double q) {
  Distribution pooled;
  pooled.total = x.total + y.total;
  for_each_value(x, y, [&](double value, uint64_t in_x, uint64_t in_y) {
    pooled.values.push_back(value);
    pooled.counts.push_back(in_x + in_y);
  });
  return quantile(pooled, q);
}

struct EppsSingleton {
  static constexpr std::string_view kName = "epps_singleton";
  static constexpr std::string_view kSummary =
      "Epps-Singleton statistic: characteristic functions compared at 0.4 and 0.8 over half the "
      "pooled interquartile range.";
  static constexpr StatisticKind kKind = StatisticKind::kNumeric;
  static constexpr StatisticUse kUse = StatisticUse::kAsked;
  static constexpr StatisticNotes kNotes{
      .formula =
          "N g' S^+ g, g the difference of the means of (cos, sin)(t x), S = N (cov_x / n + cov_y "
          "/ m), eigenvalues below 1e-6 of the largest taken for 0; times 1 / (1 + N^-0.45 + 10.1 "
          "(n^-1.7 + m^-1.7)) where both sides have fewer than "
          "25 values",
      .missing = "left out; not a number where one side has fewer than five values",
      .infinity = "not a number",
      .sketch = "computed from the sketched ranks, without an interval or a test",
      .test = "chi-squared with as many degrees of freedom as S has rank, 4 at most",
      .chance = "4",
      .source = "T. W. Epps and K. J. Singleton 1986, doi:10.1080/00949658608810963",
  };

  static StatisticValue value(const ColumnPair& pair, const DriftOptions&) {
    if (pair.reference.present() < 5 || pair.current.present() < 5) {
      return StatisticValue::none("a side has fewer than five values");
    }
    const Distribution& x = pair.reference.numbers;
    const Distribution& y = pair.current.numbers;
    const bool finite = std::isfinite(x.values.front()) && std::isfinite(x.values.back()) &&
                        std::isfinite(y.values.front()) && std::isfinite(y.values.back());
    if (!finite) return StatisticValue::none("a side has infinite values");
    const double unit = (quartile(x, y, 0.75) - quartile(x, y, 0.25)) / 2;
    if (!(unit > 0) || !std::isfinite(1 / unit)) {
      return StatisticValue::none("the middle half of all values is one value");
    }
    const StatisticValue exact = statistic(x, y, unit);
    return StatisticValue::estimated(exact.value, pair, exact.p_value);
  }

  static StatisticValue statistic(const Distribution& x, const Distribution& y, double unit) {
    const auto n = static_cast<double>(x.total);
    const auto m = static_cast<double>(y.total);
    const Waves before = waves_of(x, unit);
    const Waves now = waves_of(y, unit);
    Matrix sum{};
    Matrix vectors;
    for (size_t k = 0; k < kSize; ++k) {
      for (size_t l = 0; l < kSize; ++l) {
        sum[k][l] = (n + m) * (before.covariance[k][l] / n + now.covariance[k][l] / m);
      }
    }
    diagonalize(&sum, &vectors);
    double largest = 0;
    for (size_t k = 0; k < kSize; ++k) largest = std::max(largest, std::fabs(sum[k][k]));
    const double cut = largest * 1e-6;  // below, what is divided by is mostly rounding
    double w = 0;
    double rank = 0;
    for (size_t k = 0; k < kSize; ++k) {
      if (std::fabs(sum[k][k]) <= cut) continue;
      double along = 0;
      for (size_t l = 0; l < kSize; ++l) along += vectors[k][l] * (before.mean[l] - now.mean[l]);
      w += (n + m) * along * along / sum[k][k];
      ++rank;
    }
    if (std::max(n, m) < 25) {
      w /= 1 + std::pow(n + m, -0.45) + 10.1 * (std::pow(n, -1.7) + std::pow(m, -1.7));
    }
    return StatisticValue::tested(w, chi_squared_tail(w, rank));
  }
};

}  // namespace

extern constinit const Statistic kEppsSingleton = statistic_of<EppsSingleton>();

}  // namespace mainspring
