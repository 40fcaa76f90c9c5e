// ADWIN looks at few of its cuts: where bounds show that none can be near, it tests none. Held here
// against the definition, cut by cut, on streams that are moved until they are at the very edge of
// an alarm, where a bound that is too tight by little shows.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "check.hpp"
#include "measure/detectors/adwin.hpp"
#include "random.hpp"

namespace mainspring {
namespace {

using Positions = std::vector<size_t>;

/// In the order of Adwin::kParams.
struct Params {
  double delta, clock, buckets, min_part, min_values, restart;
  std::span<const double> all() const { return {&delta, 6}; }
};

/// The definition: every value is kept, and at each look every cut between buckets is tested, with
/// sums that are added up anew in more digits.
class Plain {
 public:
  explicit Plain(const Params& params) : params_(params) {}

  Positions positions(const std::vector<double>& values) {
    const long double center = values.empty() ? 0 : values.front();
    std::vector<long double> sums{0}, squares{0};
    for (const double value : values) {
      const long double away = value - center;
      sums.push_back(sums.back() + away);
      squares.push_back(squares.back() + away * away);
    }
    Positions found;
    uint64_t tick = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      enter(0);
      if (++tick < params_.clock) continue;
      tick = 0;
      const size_t end = i + 1;
      if (static_cast<double>(end - begin_) <= params_.min_values) continue;
      bool moved = false;
      while (shows_change(sums, squares, end)) {
        drop_oldest();
        moved = true;
      }
      if (moved) found.push_back(i);
      if (moved && params_.restart != 0) {
        begin_ = end;
        buckets_.clear();
      }
    }
    return found;
  }

 private:
  void enter(size_t level) {
    if (level == buckets_.size()) buckets_.push_back(0);
    if (++buckets_[level] <= params_.buckets) return;
    buckets_[level] -= 2;
    enter(level + 1);
  }
  void drop_oldest() {
    while (buckets_.back() == 0) buckets_.pop_back();
    --buckets_.back();
    begin_ += size_t{1} << (buckets_.size() - 1);
  }
  bool shows_change(const std::vector<long double>& sums, const std::vector<long double>& squares,
                    size_t end) const {
    const auto n = static_cast<long double>(end - begin_);
    if (n < 2) return false;
    const long double all = sums[end] - sums[begin_], mean = all / n;
    const long double variance = std::max(0.0L, (squares[end] - squares[begin_]) / n - mean * mean);
    const long double d = std::log(2 * std::log(n) / params_.delta);
    size_t at = begin_;
    for (size_t level = buckets_.size(); level-- > 0;) {
      for (uint64_t k = 0; k < buckets_[level]; ++k) {
        at += size_t{1} << level;
        const auto n0 = static_cast<long double>(at - begin_), n1 = n - n0;
        if (n1 <= 0 || n0 < params_.min_part || n1 < params_.min_part) continue;
        const long double u0 = sums[at] - sums[begin_];
        const long double gap = std::fabs(u0 / n0 - (all - u0) / n1);
        const long double share = 1 / (n0 - params_.min_part + 1) + 1 / (n1 - params_.min_part + 1);
        if (gap > std::sqrt(2 * variance * d * share) + 2 * d * share / 3) return true;
      }
    }
    return false;
  }

  Params params_;
  size_t begin_ = 0;
  std::vector<uint64_t> buckets_;  // of 1, 2, 4, ... values
};

/// The detector's positions. With `watched`, each look that leaves a window alone is made once more
/// without bounds: then no cut may show a change.
Positions positions(const Params& params, const std::vector<double>& values, bool watched,
                    const std::string& what) {
  Adwin detector(params.all());
  Positions found;
  for (size_t i = 0; i < values.size(); ++i) {
    i += detector.take_run(&values[i], values.size() - i);
    if (i == values.size()) break;
    if (detector.push(values[i]) == Signal::kDrift) found.push_back(i);
    if (!watched || detector.tick != 0 || !(detector.width > detector.min_values)) continue;
    Adwin again = detector;
    if (!check(!again.cut(), what + ", value " + std::to_string(i) + ": a cut was left out")) break;
  }
  return found;
}

/// What a stream is made of: noise around a level, and how the mean moves by one.
struct Stream {
  std::vector<double> noise, move;
  double offset, unit;

  std::vector<double> moved_by(double height) const {
    std::vector<double> values(noise.size());
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = unit * (offset + noise[i] + height * move[i]);
    }
    return values;
  }
};

template <class T, size_t kCount>
T one_of(Random& random, const T (&choices)[kCount]) {
  return choices[below(random, kCount)];
}

double share(Random& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

std::vector<double> drawn_noise(Random& random, size_t rows) {
  const uint64_t kind = below(random, 7);
  std::vector<double> noise(rows);
  const double rare = one_of(random, {0.5, 0.1, 0.01});
  for (size_t i = 0; i < rows; ++i) {
    double& value = noise[i];
    switch (kind) {
      case 0:  // close to normal
        for (int k = 0; k < 12; ++k) value += share(random);
        value -= 6;
        break;
      case 1: value = share(random); break;
      case 2: value = share(random) < rare ? 1 : 0; break;
      case 3: value = i % 2 == 0 ? 1 : -1; break;  // a spread that stays as it is
      case 4: value = std::sin(static_cast<double>(i) / 50) + 0.1 * share(random); break;
      case 5: value = share(random) < 0.004 ? 100 * share(random) : share(random); break;
      default: break;  // constant: all there is is the move
    }
  }
  // Calmer, or wilder, from somewhere on.
  const double factor = one_of(random, {1.0, 1.0, 1.0 / 30, 1.0 / 4, 0.9, 4.0, 30.0});
  for (size_t i = below(random, rows); i < rows; ++i) noise[i] *= factor;
  return noise;
}

std::vector<double> drawn_move(Random& random, size_t rows) {
  std::vector<double> move(rows, 0);
  const double sign = one_in(random, 2) ? 1 : -1;
  const uint64_t kind = below(random, 6);
  // Among the newest values, or anywhere.
  const uint64_t late = std::min<uint64_t>(rows, 1 + below(random, one_of(random, {32, 96, 400})));
  const size_t first = kind < 3 ? rows - late : below(random, rows);
  const size_t end = kind == 4 ? std::min(rows, first + 1 + below(random, 200)) : rows;
  for (size_t i = first; i < end; ++i) {
    const auto run = static_cast<double>(i - first + 1);
    move[i] = sign * (kind == 5 ? run / static_cast<double>(rows) : 1);
  }
  return move;
}

// Newest values without noise, on levels that change at the runs and blocks for which the detector
// has bounds: then these leave nothing over.
void still_newest_values(Random& random, Stream* stream) {
  const size_t rows = stream->noise.size();
  const size_t newest = std::min<size_t>(rows, 32 * (1 + below(random, 5)));
  const size_t run = one_of(random, {4, 8, 16, 32, 64});
  const bool one_level = one_in(random, 2);
  std::fill(stream->move.begin(), stream->move.end(), 0);
  double level = 0;
  for (size_t k = 0; k < newest; ++k) {
    if (k % run == 0) level = k == 0 ? 1 : one_level ? 0 : 2 * share(random) - 1;
    stream->noise[rows - 1 - k] = 0;
    stream->move[rows - 1 - k] = level;
  }
}

Params drawn_params(Random& random) {
  return {one_of(random, {0.002, 0.002, 0.05, 0.3, 1.0, 1e-9}),
          one_of(random, {32.0, 32.0, 32.0, 1.0, 5.0, 48.0, 64.0}),
          one_of(random, {5.0, 5.0, 1.0, 2.0, 8.0, 40.0}),
          one_of(random, {1.0, 1.0, 5.0, 20.0, 70.0}),
          one_of(random, {10.0, 0.0, 300.0}),
          one_of(random, {0.0, 1.0})};
}

std::string name_of(uint64_t seed, const char* what) {
  return std::string(what) + ", seed " + std::to_string(seed);
}

/// Brings the height of the move as close as `closest` to where something changes in what is found,
/// and returns the heights before and behind.
std::pair<double, double> at_the_edge(const Params& params, const Stream& stream, double closest) {
  const auto found_at = [&](double height) {
    return positions(params, stream.moved_by(height), false, "");
  };
  const Positions still = found_at(0);
  double low = 0, high = 1e-6;
  while (high < 1e6 && found_at(high) == still) {
    low = high;
    high *= 4;
  }
  while (high - low > closest * high) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (found_at(middle) == still ? low : high) = middle;
  }
  return {low, high};
}

// Mostly none: the last value is that of a block, and brings a look.
size_t drawn_rest(Random& random) { return one_in(random, 3) ? below(random, 40) : 0; }

Stream drawn_stream(Random& random, size_t rows, double offset, double unit) {
  Stream stream{drawn_noise(random, rows), drawn_move(random, rows), offset, unit};
  if (one_in(random, 2)) still_newest_values(random, &stream);
  return stream;
}

void test_positions_at_the_edge_are_those_of_the_definition(uint64_t seed) {
  Random random(seed);
  const size_t rows = one_of(random, {64, 192, 704, 1'504, 4'000}) + drawn_rest(random);
  const Params params = drawn_params(random);
  const Stream stream = drawn_stream(random, rows, one_of(random, {0.0, 0.0, 3.0, -1e3}),
                                     one_of(random, {1.0, 1.0, 7.0}));
  const auto [low, high] = at_the_edge(params, stream, 1e-6);
  for (const double height : {0.0, low, high, 1.5 * high}) {
    const std::vector<double> values = stream.moved_by(height);
    const Positions found = positions(params, values, false, "");
    check(found == Plain(params).positions(values), name_of(seed, "positions of the definition"));
  }
}

// Of numbers far from 0, or huge, or tiny, rounding decides what is beyond: so by the sums that the
// detector itself has.
void test_no_cut_is_left_out(uint64_t seed) {
  Random random(seed);
  const size_t rows = one_of(random, {192, 704, 1'504}) + drawn_rest(random);
  const Params params = drawn_params(random);
  const Stream stream =
      drawn_stream(random, rows, one_of(random, {0.0, 1e5, 1e9, -1e11, 1e13, 1e15}),
                   one_of(random, {1.0, 1e3, 1e-3, 1e-120, 1e140}));
  const auto [low, high] = at_the_edge(params, stream, 0x1p-52);
  for (const double height : {low, high, 1.5 * high}) {
    positions(params, stream.moved_by(height), true, name_of(seed, "hostile stream"));
  }
}

void test_long_windows(uint64_t seed) {
  Random random(seed);
  const size_t rows = one_of(random, {12'800, 40'000});
  Stream stream{std::vector<double>(rows), drawn_move(random, rows), 0, 1};
  for (double& value : stream.noise) value = 10 * (share(random) + share(random) + share(random));
  if (!one_in(random, 3)) still_newest_values(random, &stream);
  const Params params{0.002, 32, one_of(random, {5.0, 8.0}), 1, 10, 0};
  const auto [low, high] = at_the_edge(params, stream, 1e-6);
  for (const double height : {low, high}) {
    const std::vector<double> values = stream.moved_by(height);
    check(positions(params, values, true, name_of(seed, "long window")) ==
              Plain(params).positions(values),
          name_of(seed, "positions in a long window"));
  }
}

// What is kept of a block holds for the sum of the newest k of it, whatever k is; and where all are
// alike, or only one is not zero, it leaves little over.
void test_bounds_of_a_block(uint64_t seed) {
  Random random(seed);
  std::vector<double> values(AdwinWindow::kBlock, 0);
  const uint64_t kind = below(random, 5);
  const size_t one = below(random, values.size());
  const size_t run = one_of(random, {4, 8, 16, 32});
  double level = 0;
  for (size_t k = 0; k < values.size(); ++k) {
    if (k % run == 0) level = 2 * share(random) - 1;
    double& value = values[values.size() - 1 - k];
    value = kind == 0   ? 1
            : kind == 1 ? (k == one ? 1 : 0)
            : kind == 2 ? level
            : kind == 3 ? share(random) - 0.5
                        : 0;
  }
  if (kind == 4) {  // there and back within four values
    const size_t first = one & ~size_t{3};
    for (size_t i = 0; i < 4; ++i) values[first + i] = i < 2 ? 1 : -1;
  }
  const double center = one_of(random, {0.0, 0.3, -2.0});
  for (double& value : values) value += center;
  const AdwinWindow::Entered entered = AdwinWindow::block_at(values.data(), center);
  long double sum = 0, largest = 0, worst = 0;
  for (size_t k = 1; k <= values.size(); ++k) {
    sum += static_cast<long double>(values[values.size() - k]) - center;
    largest = std::max(largest, std::fabs(sum));
    worst = std::max(worst, sum * sum / static_cast<long double>(k));
  }
  check(worst <= entered.worst * (1 + 1e-12L), name_of(seed, "the worst of a block"));
  check(largest <= entered.reach * (1 + 1e-12L), name_of(seed, "the reach of a block"));
  if (kind == 0) check(entered.worst <= worst * (1 + 1e-9L), name_of(seed, "nothing left over"));
}

// Parts before the newest values that bring the mean where those are, until the oldest go.
void levels_of_old_values(Random& random, Stream* stream) {
  const size_t rows = stream->noise.size();
  const size_t end = rows - std::min<size_t>(rows, 32 * (1 + below(random, 4)));
  const size_t middle = below(random, end + 1);
  const double sign = one_in(random, 2) ? 1 : -1, size = one_of(random, {0.3, 1.0, 3.0});
  for (size_t i = 0; i < end; ++i) stream->move[i] += (i < middle ? sign : -sign) * size;
}

/// The detector behind a stream, less some of its oldest buckets.
Adwin behind(const Params& params, const std::vector<double>& values, uint64_t num_dropped) {
  Adwin detector(params.all());
  for (size_t i = 0; i < values.size(); ++i) {
    i += detector.take_run(&values[i], values.size() - i);
    if (i < values.size()) detector.push(values[i]);
  }
  for (; num_dropped > 0 && detector.highest() >= Adwin::kSmallLevels; --num_dropped) {
    const size_t top = detector.highest();
    detector.drop_oldest(top, std::ldexp(1.0, static_cast<int>(top)));
  }
  detector.old_cut_near();
  return detector;
}

// Blocks that as a whole are far have no cut that is near, between any two of their values: on
// streams that are moved until they would no longer be far. With the oldest buckets the mean goes
// elsewhere, though no block has come.
void test_newest_blocks_that_are_far_have_no_cut_that_is_near(uint64_t seed) {
  Random random(seed);
  const size_t rows = one_of(random, {64, 96, 192, 704, 4'000, 12'800});
  const uint64_t num_dropped = one_in(random, 2) ? below(random, 12) : 0;
  // With drops nothing is looked at before, so that they are all there are.
  const Params params{one_of(random, {0.002, 0.3, 1.0}),    32,
                      one_of(random, {1.0, 2.0, 5.0, 8.0}), 1,
                      num_dropped > 0 ? 1e12 : 10,          0};
  Stream stream{drawn_noise(random, rows), drawn_move(random, rows), 0, one_of(random, {1.0, 1e3})};
  if (!one_in(random, 4)) still_newest_values(random, &stream);
  if (num_dropped > 0) levels_of_old_values(random, &stream);
  const auto is_far = [&](double height) {
    const Adwin detector = behind(params, stream.moved_by(height), num_dropped);
    return detector.width > 0 && detector.newest_are_far(detector.bound());
  };
  if (!is_far(0)) return;
  double low = 0, high = 1e-6;
  for (; high < 1e6 && is_far(high); high *= 2) low = high;
  for (int i = 0; i < 40; ++i) {
    const double middle = low + (high - low) / 2;
    (is_far(middle) ? low : high) = middle;
  }
  const Adwin detector = behind(params, stream.moved_by(low), num_dropped);
  const AdwinWindow::Bound now = detector.bound();
  long double sum = 0;
  for (size_t k = 1; k <= detector.num_small(); ++k) {
    const auto n1 = static_cast<long double>(k);
    sum += detector.values[detector.end - detector.open - k];
    const long double root = std::sqrt(n1 * (1 - n1 / detector.width));
    const long double moved = std::fabs(sum - n1 * detector.mean);
    if (!check(moved <= now.scale * root + detector.allowed,
               name_of(seed, "the newest are far") + ", cut " + std::to_string(k))) {
      break;
    }
  }
}

int run() {
  for (uint64_t seed = 0; seed < 400 && num_failed_checks() == 0; ++seed) {
    test_positions_at_the_edge_are_those_of_the_definition(seed);
    test_no_cut_is_left_out(seed);
  }
  for (uint64_t seed = 0; seed < 16; ++seed) test_long_windows(seed);
  for (uint64_t seed = 0; seed < 400; ++seed) test_bounds_of_a_block(seed);
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    test_newest_blocks_that_are_far_have_no_cut_that_is_near(seed);
  }
  return finish();
}

}  // namespace
}  // namespace mainspring

int main() { return mainspring::run(); }
