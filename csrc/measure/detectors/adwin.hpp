// ADWIN: a window that drops its older part when the means of two parts differ too much.
//
// Nothing is looked at between two ticks of its clock, so values enter in blocks. Most looks end
// before any cut is tested: bounds that cost a few operations show that none can be near.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>

#include "measure/detectors/adwin_window.hpp"
#include "measure/detectors/detector.hpp"

namespace mainspring {

struct Adwin : AdwinWindow {
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
  explicit Adwin(std::span<const double> params)
      : AdwinWindow(static_cast<size_t>(params[2])),
        delta(params[0]),
        clock(static_cast<uint64_t>(params[1])),
        min_part(params[3]),
        min_values(params[4]),
        restart(params[5] != 0) {}

  /// Takes values up to the next that a look or the end of a block may follow; returns how many.
  size_t take_run(const double* from, size_t count) {
    const uint64_t quiet = std::min<uint64_t>(kBlock - 1 - open, clock - 1 - tick);
    const size_t taken = std::min<uint64_t>(count, quiet);
    append(from, taken);
    tick += taken;
    return taken;
  }

  Signal push(double value) {
    append(&value, 1);
    if (++tick < clock) {
      if (open == kBlock) enter_open();
      return Signal::kNone;
    }
    enter_open();
    tick = 0;
    if (width <= min_values) return Signal::kNone;
    bool drift = false;
    while (may_cut() && cut()) drift = true;
    if (drift && restart) clear();
    return drift ? Signal::kDrift : Signal::kNone;
  }

  // Whether some cut may be near.
  bool may_cut() {
    Bound now = bound();
    const bool far = width <= 2 * checked_width && mean >= mean_low && mean <= mean_high &&
                     now.spread >= spread_low && now.margin <= margin_high;
    if (!far) {
      if (old_cut_near()) return true;
      now = bound();
    }
    return !newest_are_far(now) && newest_cut_near(now);
  }

  // Tests the cuts behind buckets that are at least a block, and finds the means for which all of
  // them stay far. Sums are added up anew, so that what they lost to rounding does not add up.
  bool old_cut_near() {
    old_width = old_total = 0;
    std::array<double, kLevels * kMostInRow> before, sums;
    size_t cuts = 0;
    const size_t top = highest();
    double size = std::ldexp(1.0, static_cast<int>(top));
    for (size_t level = top + 1; level-- > kSmallLevels; size /= 2) {
      for (size_t k = 0; k < used[level]; ++k, ++cuts) {
        before[cuts] = old_width += size;
        sums[cuts] = old_total += totals[level * row + k];
      }
    }
    total = old_total;
    for (size_t i = begin; i < end; ++i) total += values[i];
    mean = total / width;
    log_level = std::log(2 * std::log(width) / delta);
    allowed = 2.0 / 3 * log_level * kBelow;
    const Bound now = bound();
    checked_width = width;
    mean_low = -kInfinity;
    mean_high = kInfinity;
    spread_low = 0.875 * now.spread;
    scale_low = std::sqrt(2 * spread_low * log_level * kBelow);
    margin_high = 16 * now.margin;
    if (!(now.scale < kInfinity) || !(std::fabs(mean) < kInfinity)) {
      forget();
      return true;
    }
    bool near = false;
    for (size_t i = 0; i < cuts; ++i) {
      const double n0 = before[i], root = std::sqrt(n0 * (width - n0) * now.share);
      const double moved = std::fabs(sums[i] - n0 * mean) + now.margin;
      near |= moved > now.scale * root + allowed;
      keep_far(n0, sums[i], root);
    }
    return near;
  }

  // Whether no cut in the newest values, those of small buckets, can be near: by what is known of
  // each block as a whole.
  bool newest_are_far(const Bound& now) const {
    const double small = static_cast<double>(num_small());
    const double room = allowed - now.margin;
    if (static_cast<double>(num_blocks * kBlock) < small || !(room >= 0)) return false;
    double behind = kBlock, sum = block_sums[newest];
    const double gap = mean - block_centers[newest];
    // (a + b)^2 <= (1 + 1 / 64) a^2 + 65 b^2, where b is what the mean has moved by since.
    const double worst = newest_worst * (1 + 0x1p-6) + 65 * kBlock * gap * gap;
    const double scale = now.scale * std::sqrt(std::max(0.0, 1 - kBlock * now.share));
    const double limit = scale + room * (1 / 5.66);  // at most sqrt(kBlock)
    if (!(worst <= limit * limit)) return false;
    for (size_t i = 1; behind < small; ++i) {
      const size_t block = (newest + block_sums.size() - i) % block_sums.size();
      const double moved = std::fabs(sum - behind * mean) + block_reaches[block] +
                           kBlock * std::fabs(mean - block_centers[block]) - room;
      const double rest = 1 - (behind + kBlock) * now.share;
      if (moved > 0 && !(moved * moved <= now.scale * now.scale * (behind * rest))) return false;
      sum += block_sums[block];
      behind += kBlock;
    }
    return true;
  }

  // The same cut by cut.
  bool newest_cut_near(const Bound& now) const {
    double n0 = old_width, u0 = old_total;
    const double* at = &values[begin];
    for (size_t level = kSmallLevels; level-- > 0;) {
      const size_t size = size_t{1} << level;
      for (size_t k = 0; k < used[level]; ++k, at += size) {
        n0 += static_cast<double>(size);
        u0 += sum_of(at, size);
        const double n1 = width - n0;
        if (n1 < min_part) return false;
        const double moved = std::fabs(u0 - n0 * mean) + now.margin - allowed;
        if (!(moved <= 0) && !(moved * moved <= now.scale * now.scale * (n0 * n1 * now.share))) {
          return true;
        }
      }
    }
    return false;
  }

  // Drops the oldest bucket where some cut shows a change.
  bool cut() {
    const double level_now = std::log(2 * std::log(width) / delta);
    const double spread = variance / width;
    double n0 = 0, u0 = 0;
    const size_t top = highest();
    const double* at = &values[begin];
    double size = std::ldexp(1.0, static_cast<int>(top));
    for (size_t level = top + 1; level-- > 0; size /= 2) {
      for (size_t k = 0; k < used[level]; ++k) {
        n0 += size;
        if (level >= kSmallLevels) {
          u0 += totals[level * row + k];
        } else {
          u0 += sum_of(at, size_t{1} << level);
          at += size_t{1} << level;
        }
        const double n1 = width - n0;
        if (n1 < min_part || n1 <= 0) return false;
        if (n0 < min_part) continue;
        const double u1 = total - u0;
        const double inverse = 1 / (n0 - min_part + 1) + 1 / (n1 - min_part + 1);
        const double largest =
            std::sqrt(2 * inverse * spread * level_now) + 2.0 / 3 * level_now * inverse;
        if (std::fabs(u0 / n0 - u1 / n1) > largest) {
          drop_oldest(top, std::ldexp(1.0, static_cast<int>(top)));
          return true;
        }
      }
    }
    return false;
  }

  template <class Visit>
  void visit(const Visit& field) {
    field(tick);
    visit_window(field);
  }
  bool sound() const { return window_sound() && tick < clock && open <= tick; }

  double delta;
  uint64_t clock;
  double min_part, min_values;
  bool restart;
  uint64_t tick = 0;
};

}  // namespace mainspring
