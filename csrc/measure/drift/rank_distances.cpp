// Walks both sides in the order of their values, with the difference of their counts as an integer.
#include "measure/drift/rank_distances.hpp"

#include <algorithm>
#include <cmath>

#include "measure/drift/area_sum.hpp"

namespace mainspring {

namespace {

// A stretch of both sides. Integer: wide enough for the product of both totals.
template <class Integer>
class Walk {
 public:
  Walk(const Distribution& x, const Distribution& y) : x_(x), y_(y) {
    n_ = static_cast<Integer>(x.total);
    m_ = static_cast<Integer>(y.total);
    share_ = 1 / (static_cast<double>(x.total) * static_cast<double>(y.total));
    i_end_ = x.values.size();
    j_end_ = y.values.size();
    last_ = std::min(x.values[0], y.values[0]);
  }

  /// Ends in the middle; returns the walk over the rest.
  Walk split() {
    Walk rest = *this;
    const size_t i = i_end_ / 2;
    const auto begin = y_.values.begin();
    const auto j =
        static_cast<size_t>(std::lower_bound(begin, y_.values.end(), x_.values[i]) - begin);
    if (i == 0 && j == 0) return rest.skip(i_end_, j_end_);
    for (size_t k = 0; k < i; ++k) rest.difference_ += static_cast<Integer>(x_.counts[k]) * m_;
    for (size_t k = 0; k < j; ++k) rest.difference_ -= static_cast<Integer>(y_.counts[k]) * n_;
    if (i > 0) rest.last_ = x_.values[i - 1];
    if (j > 0 && (i == 0 || y_.values[j - 1] > rest.last_)) rest.last_ = y_.values[j - 1];
    i_end_ = i;
    j_end_ = j;
    return rest.skip(i, j);
  }
  bool both_left() const { return i_ < i_end_ && j_ < j_end_; }
  /// No branches: which side comes next cannot be guessed.
  void step() {
    const double a = x_.values[i_], b = y_.values[j_];
    const uint64_t take_x = a <= b, take_y = b <= a;
    pass(std::min(a, b), static_cast<Integer>(x_.counts[i_] & -take_x) * m_ -
                             static_cast<Integer>(y_.counts[j_] & -take_y) * n_);
    i_ += take_x;
    j_ += take_y;
  }
  void finish() {
    while (both_left()) step();
    for (; i_ < i_end_; ++i_) pass(x_.values[i_], static_cast<Integer>(x_.counts[i_]) * m_);
    for (; j_ < j_end_; ++j_) pass(y_.values[j_], -static_cast<Integer>(y_.counts[j_]) * n_);
  }
  double largest() const { return static_cast<double>(largest_) / static_cast<double>(n_ * m_); }
  double area() { return area_.value(); }

 private:
  Walk& skip(size_t i, size_t j) {
    i_ = i;
    j_ = j;
    return *this;
  }
  void pass(double at, Integer step) {
    const Integer gap = difference_ < 0 ? -difference_ : difference_;
    largest_ = std::max(largest_, gap);
    // No gap, no area, however wide: two equal shares of an infinite value are not apart.
    const double area = static_cast<double>(gap) * share_ * (at - last_);
    area_.add(gap == 0 ? 0 : area);
    last_ = at;
    difference_ += step;
  }

  const Distribution& x_;
  const Distribution& y_;
  Integer n_, m_;
  double share_;
  size_t i_ = 0, j_ = 0, i_end_, j_end_;
  double last_;
  Integer difference_ = 0;
  Integer largest_ = 0;
  AreaSum area_;
};

// Two stretches in turn: each step waits for the one before it, and the other one does not.
template <class Integer>
RankDistances walk(const Distribution& x, const Distribution& y) {
  Walk<Integer> low(x, y);
  Walk<Integer> high = low.split();
  while (low.both_left() && high.both_left()) {
    low.step();
    high.step();
  }
  low.finish();
  high.finish();
  return {std::max(low.largest(), high.largest()), low.area() + high.area()};
}

}  // namespace

RankDistances rank_distances(const Distribution& x, const Distribution& y) {
  constexpr uint64_t kFits = uint64_t{1} << 31;  // products below 2^62
  if (x.total < kFits && y.total < kFits) return walk<int64_t>(x, y);
  return walk<__int128>(x, y);
}

}  // namespace mainspring
