// Fits the calibration line.
#include "measure/quality/calibration_line.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/math.hpp"

namespace mainspring {

namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr int kMaxSteps = 100;

struct Sums {
  double likelihood = 0;
  double g0 = 0, g1 = 0;             // gradient
  double h00 = 0, h01 = 0, h11 = 0;  // minus the Hessian
};

Sums sums_at(const RankedScores& ranked, const std::vector<double>& logits, double a, double b) {
  Sums sums;
  for (size_t i = 0; i < logits.size(); ++i) {
    const ScoreRun& run = ranked.runs[i];
    const double rows = run.positive + run.negative;
    const double x = logits[i], z = a + b * x;
    const double p = sigmoid_value(z);
    // ln(1 + e^z) without overflow.
    const double softplus = std::max(z, 0.0) + log1p_value(exp_value(-std::fabs(z)));
    sums.likelihood += run.positive * z - rows * softplus;
    const double off = run.positive - rows * p, curve = rows * p * (1 - p);
    sums.g0 += off;
    sums.g1 += off * x;
    sums.h00 += curve;
    sums.h01 += curve * x;
    sums.h11 += curve * x * x;
  }
  return sums;
}

// Whether a threshold tells the classes apart but for rows on it: then the slope has no end.
bool is_apart(const RankedScores& ranked) {
  const auto of = [&](double ScoreRun::* side, bool first) {
    double found = 0;
    for (const ScoreRun& run : ranked.runs) {
      if (!(run.*side > 0)) continue;
      found = run.score;
      if (first) break;
    }
    return found;
  };
  return of(&ScoreRun::positive, false) >= of(&ScoreRun::negative, true) ||
         of(&ScoreRun::negative, false) >= of(&ScoreRun::positive, true);
}

}  // namespace

CalibrationLine calibration_line(const RankedScores& ranked) {
  if (is_apart(ranked)) return {};
  std::vector<double> logits;
  for (const ScoreRun& run : ranked.runs) {
    const double p = std::clamp(run.score, kEpsilon, 1 - kEpsilon);
    logits.push_back(log_value(p) - log1p_value(-p));
  }
  CalibrationLine line;
  Sums now = sums_at(ranked, logits, line.intercept, line.slope);
  for (int step = 0; step < kMaxSteps; ++step) {
    const double det = now.h00 * now.h11 - now.h01 * now.h01;
    if (!(det > 1e-14 * now.h00 * now.h11)) return line;
    const double da = (now.h11 * now.g0 - now.h01 * now.g1) / det;
    const double db = (now.h00 * now.g1 - now.h01 * now.g0) / det;
    // Halved until the likelihood does not fall: Newton's method alone may leap away.
    double part = 1;
    Sums next = sums_at(ranked, logits, line.intercept + da, line.slope + db);
    while (!(next.likelihood >= now.likelihood - 1e-12 * std::fabs(now.likelihood)) &&
           part > 1e-6) {
      part /= 2;
      next = sums_at(ranked, logits, line.intercept + part * da, line.slope + part * db);
    }
    line.intercept += part * da;
    line.slope += part * db;
    now = next;
    if (std::fabs(line.slope) > 1e6 || std::fabs(line.intercept) > 1e6) return line;
    const double size = 1e-12 * (1 + std::fabs(line.intercept) + std::fabs(line.slope));
    if (std::fabs(da) + std::fabs(db) < size) {
      line.found = true;
      return line;
    }
  }
  line.found = true;  // as near as rounding lets it come
  return line;
}

}  // namespace mainspring
