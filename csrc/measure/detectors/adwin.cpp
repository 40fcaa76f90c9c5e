// ADWIN: a window that drops its older part when the means of two parts differ too much.
#include <cmath>

#include "measure/detectors/detector.hpp"

namespace mainspring {

namespace {

// Values are kept as sums over 1, 2, 4, ... of them, at most `buckets` + 1 of each size.
struct Adwin {
  static constexpr std::string_view kName = "adwin";
  static constexpr std::string_view kSummary =
      "ADWIN: an adaptive window; the mean has moved when two parts of it differ by more than "
      "chance allows.";
  static constexpr DetectorInput kInput = DetectorInput::kAny;
  static constexpr DetectorNotes kNotes{
      .formula =
          "for every cut into n0 and n1 values: |m0 - m1| > sqrt(2 v d / h) + 2 d / (3 h), v the "
          "variance of the window, 1 / h = 1 / (n0 - min_part + 1) + 1 / (n1 - min_part + 1), d = "
          "ln(2 ln(n) / delta); then the oldest bucket goes, until no cut does",
      .source = "A. Bifet and R. Gavalda 2007, doi:10.1137/1.9781611972771.42",
  };
  static constexpr std::array kParams{
      DetectorParam{"delta", "level of the test", 0.002, 1e-300, 1},
      DetectorParam{"clock", "values between two looks", 32, 1, 1e9, true},
      DetectorParam{"buckets", "buckets of each size", 5, 1, 64, true},
      DetectorParam{"min_part", "values that either part has at least", 5, 1, 1e9, true},
      DetectorParam{"min_values", "values before the first look", 10, 0, 1e12, true},
      DetectorParam{"restart", "1: begin with an empty window after drift, 0: keep the newer part",
                    0, 0, 1, true},
  };
  static constexpr size_t kLevels = 48;

  explicit Adwin(std::span<const double> params)
      : delta(params[0]),
        clock(static_cast<uint64_t>(params[1])),
        row(static_cast<size_t>(params[2]) + 1),
        min_part(params[3]),
        min_values(params[4]),
        restart(params[5] != 0),
        totals(kLevels * row, 0),
        variances(kLevels * row, 0),
        used(kLevels, 0) {}

  Signal push(double value) {
    insert(value);
    if (++tick < clock) return Signal::kNone;
    tick = 0;
    if (width <= min_values) return Signal::kNone;
    bool drift = false;
    while (cut()) drift = true;
    if (drift && restart) clear();
    return drift ? Signal::kDrift : Signal::kNone;
  }

  void insert(double value) {
    width += 1;
    if (width > 1) {
      const double gap = value - total / (width - 1);
      variance += (width - 1) * gap * gap / width;
    }
    total += value;
    totals[used[0]] = value;
    variances[used[0]] = 0;
    ++used[0];
    if (used[0] == row) compress();
  }

  // Two of the oldest of a full size become one of the next.
  void compress() {
    double size = 1;
    for (size_t level = 0; used[level] == row && level + 1 < kLevels; ++level, size *= 2) {
      double* sums = &totals[level * row];
      double* spreads = &variances[level * row];
      const double gap = sums[0] / size - sums[1] / size;
      const size_t at = (level + 1) * row + used[level + 1]++;
      totals[at] = sums[0] + sums[1];
      variances[at] = spreads[0] + spreads[1] + size * size * gap * gap / (size + size);
      used[level] -= 2;
      for (size_t i = 0; i < used[level]; ++i) {
        sums[i] = sums[i + 2];
        spreads[i] = spreads[i + 2];
      }
    }
  }

  // Drops the oldest bucket where some cut shows a change.
  bool cut() {
    const double log_level = std::log(2 * std::log(width) / delta);
    const double spread = variance / width;
    // No cut is near while (u0 width - total n0)^2 stays below this times n0 n1: that is the test
    // without min_part and the second term, which only make the bound larger, and without its
    // divisions. Both margins are far beyond rounding.
    const double surely_below = 2 * spread * log_level * width * (1 - 1e-6);
    double n0 = 0;
    double u0 = 0;
    const size_t top = highest();
    double size = std::ldexp(1.0, static_cast<int>(top));
    for (size_t level = top + 1; level-- > 0; size /= 2) {
      for (size_t k = 0; k < used[level]; ++k) {
        n0 += size;
        u0 += totals[level * row + k];
        const double n1 = width - n0;
        if (n1 < min_part || n1 <= 0) return false;
        if (n0 < min_part) continue;
        const double one = u0 * width, other = total * n0;
        const double moved = std::fabs(one - other) + 1e-14 * (std::fabs(one) + std::fabs(other));
        if (moved * moved <= surely_below * n0 * n1) continue;
        const double u1 = total - u0;
        const double inverse = 1 / (n0 - min_part + 1) + 1 / (n1 - min_part + 1);
        const double bound =
            std::sqrt(2 * inverse * spread * log_level) + 2.0 / 3 * log_level * inverse;
        if (std::fabs(u0 / n0 - u1 / n1) > bound) {
          drop_oldest(top, std::ldexp(1.0, static_cast<int>(top)));
          return true;
        }
      }
    }
    return false;
  }

  void drop_oldest(size_t level, double size) {
    double* sums = &totals[level * row];
    double* spreads = &variances[level * row];
    width -= size;
    total -= sums[0];
    const double gap = sums[0] / size - total / width;
    variance -= spreads[0] + size * width * gap * gap / (size + width);
    --used[level];
    for (size_t i = 0; i < used[level]; ++i) {
      sums[i] = sums[i + 1];
      spreads[i] = spreads[i + 1];
    }
  }

  size_t highest() const {
    size_t level = kLevels - 1;
    while (level > 0 && used[level] == 0) --level;
    return level;
  }
  void clear() {
    used.assign(kLevels, 0);
    width = total = variance = 0;
    tick = 0;
  }

  template <class Visit>
  void visit(const Visit& field) {
    field(tick);
    field(width);
    field(total);
    field(variance);
    field(totals);
    field(variances);
    field(used);
  }
  bool sound() const {
    if (totals.size() != kLevels * row || variances.size() != totals.size() ||
        used.size() != kLevels) {
      return false;
    }
    double values = 0;
    for (size_t level = 0; level < kLevels; ++level) {
      if (used[level] >= row) return false;
      values += std::ldexp(static_cast<double>(used[level]), static_cast<int>(level));
    }
    return values == width && tick < clock;
  }

  double delta;
  uint64_t clock;
  size_t row;
  double min_part, min_values;
  bool restart;
  uint64_t tick = 0;
  double width = 0;
  double total = 0;
  double variance = 0;  // times width
  std::vector<double> totals, variances;
  std::vector<uint32_t> used;
};

}  // namespace

extern constinit const DetectorEntry kAdwin = detector_of<Adwin>();

}  // namespace mainspring
