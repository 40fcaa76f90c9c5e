// The window of ADWIN: buckets of 1, 2, 4, ... values, and bounds on what any cut of them can show.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

// Vectors are passed between functions that are all inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace mainspring {

/// Buckets of less than a block are cut out of the newest values, which are kept; of larger ones
/// the sum and the squares are.
struct AdwinWindow {
  static constexpr size_t kLevels = 48;
  static constexpr size_t kSmallLevels = 5;  // buckets of less than a block
  static constexpr size_t kBlock = 32;
  static constexpr size_t kMostInRow = 65;
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  static constexpr double kBelow = 1 - 1e-6;  // far beyond rounding
  typedef double Pair __attribute__((vector_size(16)));

  /// At most `buckets` buckets of each size.
  explicit AdwinWindow(size_t buckets)
      : row(static_cast<uint32_t>(buckets) + 1),
        totals(kLevels * row, 0),
        variances(kLevels * row, 0),
        used(kLevels, 0),
        values(num_room(), 0),
        block_sums(num_blocks_kept(), 0),
        block_reaches(num_blocks_kept(), 0),
        block_centers(num_blocks_kept(), 0) {}

  size_t num_room() const { return 6 * kBlock * row; }
  size_t num_blocks_kept() const { return std::bit_ceil(size_t{row} + 1); }
  size_t num_small() const { return end - open - begin; }

  /// As many as there is room for: less than a block is open.
  void append(const double* from, size_t count) {
    if (end + count > values.size()) move_to_front();
    std::copy_n(from, count, &values[end]);
    end += count;
    open += count;
  }

  void move_to_front() {
    std::copy(values.begin() + static_cast<std::ptrdiff_t>(begin),
              values.begin() + static_cast<std::ptrdiff_t>(end), values.begin());
    end -= begin;
    begin = 0;
  }

  // The window's squares by those of what enters, around the mean that was (Chan, Golub and LeVeque
  // 1983).
  void enter_open() {
    const double* from = &values[end - open];
    if (width == 0) mean = from[0];
    const bool whole = open == kBlock;
    const double center = mean;
    Entered entered = whole ? block_at(from, center) : few_at(from, open, center);
    width += static_cast<double>(open);
    total += entered.sum;
    const double share = 1 / width;
    variance += entered.squares - entered.away * entered.away * share;
    mean = total * share;
    if (whole) {
      newest = (newest + 1) % block_sums.size();
      num_blocks = std::min<uint64_t>(num_blocks + 1, block_sums.size());
      block_sums[newest] = entered.sum;
      block_reaches[newest] = entered.reach;
      block_centers[newest] = center;
      newest_worst = entered.worst;
    } else {
      num_blocks = 0;
    }
    const auto entering = static_cast<uint32_t>(open);
    open = 0;
    fill_buckets(entering);
  }

  struct Entered {
    double sum;
    double away, squares;  // around the center
    // Any sum around the center of the newest k of the block has a square of at most k times
    // `worst`, and is at most `reach`.
    double worst, reach;
  };

  // In runs of four values: by Cauchy and Schwarz (a + b)^2 <= (a^2 / n + sum of squares) (n + k)
  // where a is the sum of the n values behind the run, and b that of k of the run.
  static Entered block_at(const double* from, double center) {
    constexpr size_t kPairs = 4;
    constexpr Pair kShares[kPairs] = {
        {1.0 / 28, 1.0 / 24}, {1.0 / 20, 1.0 / 16}, {1.0 / 12, 1.0 / 8}, {1.0 / 4, 0}};
    Pair runs[kPairs], squares[kPairs];
    Pair sum = {}, all_squares = {};
    for (size_t pair = 0; pair < kPairs; ++pair) {
      const double* at = from + 8 * pair;
      Pair plain = {}, away = {}, square = {};
      for (size_t i = 0; i < 4; ++i) {
        const Pair both = {at[i], at[i + 4]};
        const Pair moved = both - center;
        plain += both;
        away += moved;
        square += moved * moved;
      }
      sum += plain;
      all_squares += square;
      runs[pair] = away;
      squares[pair] = square;
    }
    Pair worst = {}, farthest = {}, widest = {};
    double behind = 0;
    for (size_t pair = kPairs; pair-- > 0;) {
      const Pair after = {behind + runs[pair][1], behind};
      const Pair far = after * after;
      const Pair bound = far * kShares[pair] + squares[pair];
      worst = bound > worst ? bound : worst;
      farthest = far > farthest ? far : farthest;
      widest = squares[pair] > widest ? squares[pair] : widest;
      behind = after[0] + runs[pair][0];
    }
    return {sum[0] + sum[1], behind, all_squares[0] + all_squares[1], std::max(worst[0], worst[1]),
            std::sqrt(std::max(farthest[0], farthest[1])) +
                2 * std::sqrt(std::max(widest[0], widest[1]))};
  }
  static Entered few_at(const double* from, size_t count, double center) {
    Entered entered{0, 0, 0, 0, 0};
    for (size_t i = 0; i < count; ++i) {
      const double moved = from[i] - center;
      entered.sum += from[i];
      entered.away += moved;
      entered.squares += moved * moved;
    }
    return entered;
  }

  // As if one value came after another: of a size that is full the two oldest become one of the
  // next, until it is not full.
  void fill_buckets(uint32_t coming) {
    for (size_t level = 0; level < kSmallLevels; ++level) {
      const uint32_t all = used[level] + coming;
      if (all < row) {
        used[level] = all;
        return;
      }
      coming = (all - row) / 2 + 1;
      used[level] = all - 2 * coming;
    }
    for (; coming > 0; --coming) {
      const double sum = sum_of(&values[begin], kBlock);
      enter_bucket(sum, squares_of(&values[begin], kBlock, sum / kBlock));
      begin += kBlock;
      old_width += kBlock;
      old_total += sum;
      const double share = 1 / width;
      keep_far(old_width, old_total, std::sqrt(old_width * (width - old_width) * share));
    }
  }

  void enter_bucket(double sum, double spread) {
    double half = kBlock / 2, part = 1.0 / kBlock;
    for (size_t level = kSmallLevels;; ++level, half *= 2, part /= 2) {
      double* sums = &totals[level * row];
      double* spreads = &variances[level * row];
      uint32_t& here = used[level];
      sums[here] = sum;
      spreads[here] = spread;
      if (++here < row || level + 1 == kLevels) return;
      const double gap = (sums[0] - sums[1]) * part;
      sum = sums[0] + sums[1];
      spread = spreads[0] + spreads[1] + half * (gap * gap);
      here -= 2;
      for (size_t i = 0; i < here; ++i) {
        sums[i] = sums[i + 2];
        spreads[i] = spreads[i + 2];
      }
    }
  }

  // Of 1, 2, 4, ... values.
  static double sum_of(const double* from, size_t count) {
    if (count == 1) return from[0];
    Pair sum = {};
    for (size_t i = 0; i < count; i += 2) sum += Pair{from[i], from[i + 1]};
    return sum[0] + sum[1];
  }
  static double squares_of(const double* from, size_t count, double center) {
    if (count == 1) return 0;
    Pair sum = {};
    for (size_t i = 0; i < count; i += 2) {
      const Pair away = Pair{from[i], from[i + 1]} - center;
      sum += away * away;
    }
    return sum[0] + sum[1];
  }

  // A cut into n0 and n1 values can only be near when |u0 - n0 mean|, u0 the sum of the older part,
  // is more than `scale` sqrt(n0 n1 / width) + `allowed`: that is the test without min_part, which
  // only makes its bound larger. `margin` is beyond rounding of sums, which are at most the root
  // of width times the sum of squares.
  struct Bound {
    double share, spread, scale, margin;
  };
  Bound bound() const {
    const double share = 1 / width, squares = std::max(variance, 0.0), spread = squares * share;
    return {share, spread, std::sqrt(2 * spread * log_level * kBelow),
            1e-13 * std::sqrt(width * squares + total * total)};
  }

  // While the spread stays and the mean lies between the bounds, the cut before which n0 values
  // with sum u0 lie is far: as values enter, n1 / width only grows.
  void keep_far(double n0, double u0, double root) {
    const double reach = scale_low * root + allowed - margin_high, share = 1 / n0;
    mean_low = std::max(mean_low, (u0 - reach) * share);
    mean_high = std::min(mean_high, (u0 + reach) * share);
  }

  void drop_oldest(size_t level, double size) {
    double sum, spread;
    --used[level];
    if (level >= kSmallLevels) {
      double* sums = &totals[level * row];
      double* spreads = &variances[level * row];
      sum = sums[0];
      spread = spreads[0];
      for (size_t i = 0; i < used[level]; ++i) {
        sums[i] = sums[i + 1];
        spreads[i] = spreads[i + 1];
      }
    } else {
      const size_t count = size_t{1} << level;
      sum = sum_of(&values[begin], count);
      spread = squares_of(&values[begin], count, sum / size);
      begin += count;
    }
    width -= size;
    total -= sum;
    const double gap = sum / size - total / width;
    variance -= spread + size * width * gap * gap / (size + width);
    mean = total / width;
    forget();
  }

  // Nothing is known of cuts: the next look tests them.
  void forget() { checked_width = 0; }

  size_t highest() const {
    size_t level = kLevels - 1;
    while (level > 0 && used[level] == 0) --level;
    return level;
  }
  void clear() {
    used.assign(kLevels, 0);
    width = total = variance = old_width = old_total = 0;
    open = begin = end = num_blocks = 0;
    forget();
  }

  template <class Visit>
  void visit_window(const Visit& field) {
    move_to_front();
    values.resize(end);
    for (auto* all : {&totals, &variances, &values, &block_sums, &block_reaches, &block_centers}) {
      field(*all);
    }
    end = values.size();
    values.resize(std::max(values.size(), num_room()));
    field(used);
    for (uint64_t* one : {&open, &newest, &num_blocks}) field(*one);
    for (double* one :
         {&width, &total, &variance, &mean, &old_width, &old_total, &checked_width, &log_level,
          &allowed, &mean_low, &mean_high, &spread_low, &scale_low, &margin_high, &newest_worst}) {
      field(*one);
    }
  }
  bool window_sound() const {
    if (totals.size() != kLevels * row || variances.size() != totals.size() ||
        used.size() != kLevels || values.size() != num_room() || begin != 0 || open >= kBlock ||
        newest >= num_blocks_kept() || num_blocks > num_blocks_kept()) {
      return false;
    }
    for (const auto* kept : {&block_sums, &block_reaches, &block_centers}) {
      if (kept->size() != num_blocks_kept()) return false;
    }
    double all = 0, old = 0;
    for (size_t level = kLevels; level-- > 0;) {
      if (used[level] >= row) return false;
      all += std::ldexp(static_cast<double>(used[level]), static_cast<int>(level));
      if (level == kSmallLevels) old = all;
    }
    return all == width && old == old_width &&
           width - old + static_cast<double>(open) == static_cast<double>(end);
  }

  uint32_t row;
  // Of buckets that hold at least a block, the oldest of each size first.
  std::vector<double> totals, variances;
  std::vector<uint32_t> used;
  // From `begin` those of small buckets, then the `open` ones, which have not entered yet.
  std::vector<double> values;
  uint64_t begin = 0, end = 0, open = 0;
  // Of the newest blocks that entered whole, in a ring.
  std::vector<double> block_sums, block_reaches, block_centers;
  uint64_t newest = 0, num_blocks = 0;
  double newest_worst = 0;
  double width = 0, total = 0, variance = 0, mean = 0;  // variance times width
  double old_width = 0, old_total = 0;                  // of buckets that hold at least a block
  // What holds since the cuts behind these were tested.
  double checked_width = 0, log_level = 0, allowed = 0;
  double mean_low = 0, mean_high = 0, spread_low = 0, scale_low = 0, margin_high = 0;
};

}  // namespace mainspring
