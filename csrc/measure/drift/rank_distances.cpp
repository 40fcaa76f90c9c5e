// Walks both sides in the order of their values, with the difference of their counts as an integer.
#include "measure/drift/rank_distances.hpp"

#include <algorithm>
#include <cmath>

namespace mainspring {

namespace {

// Neumaier (1974): a million small areas lose no digits. Within a block they are added as they are:
// none is negative, so a thousand of them lose no more than 1e-13.
class AreaSum {
 public:
  void add(double value) {
    block_ += value;
    if (++in_block_ == kBlock) settle();
  }
  double value() {
    settle();
    return std::isinf(sum_) ? sum_ : sum_ + lost_;
  }

 private:
  static constexpr uint32_t kBlock = 512;

  void settle() {
    const double next = sum_ + block_;
    if (!std::isinf(next)) {
      lost_ += sum_ >= block_ ? (sum_ - next) + block_ : (block_ - next) + sum_;
    }
    sum_ = next;
    block_ = 0;
    in_block_ = 0;
  }

  double sum_ = 0;
  double lost_ = 0;
  double block_ = 0;
  uint32_t in_block_ = 0;
};

// Integer: wide enough for the product of both totals.
template <class Integer>
class Walk {
 public:
  Walk(const Distribution& x, const Distribution& y)
      : x_(x),
        y_(y),
        n_(static_cast<Integer>(x.total)),
        m_(static_cast<Integer>(y.total)),
        share_(1 / (static_cast<double>(x.total) * static_cast<double>(y.total))) {}

  RankDistances distances() {
    size_t i = 0, j = 0;
    last_ = std::min(x_.values[0], y_.values[0]);
    while (i < x_.values.size() && j < y_.values.size()) {
      const double a = x_.values[i], b = y_.values[j];
      // No branches: which side comes next cannot be guessed.
      const bool take_x = a <= b, take_y = b <= a;
      pass(take_x ? a : b, (take_x ? static_cast<Integer>(x_.counts[i]) : 0) * m_ -
                               (take_y ? static_cast<Integer>(y_.counts[j]) : 0) * n_);
      i += take_x ? 1 : 0;
      j += take_y ? 1 : 0;
    }
    for (; i < x_.values.size(); ++i) {
      pass(x_.values[i], static_cast<Integer>(x_.counts[i]) * m_);
    }
    for (; j < y_.values.size(); ++j) {
      pass(y_.values[j], -static_cast<Integer>(y_.counts[j]) * n_);
    }
    return {static_cast<double>(largest_) / static_cast<double>(n_ * m_), area_.value()};
  }

 private:
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
  const Integer n_, m_;
  const double share_;
  double last_ = 0;
  Integer difference_ = 0;
  Integer largest_ = 0;
  AreaSum area_;
};

}  // namespace

RankDistances rank_distances(const Distribution& x, const Distribution& y) {
  constexpr uint64_t kFits = uint64_t{1} << 31;  // products below 2^62
  if (x.total < kFits && y.total < kFits) return Walk<int64_t>(x, y).distances();
  return Walk<__int128>(x, y).distances();
}

}  // namespace mainspring
