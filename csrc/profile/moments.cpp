// Exact sum and sum of squares of a column's finite numbers.
#include "profile/moments.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "profile/block_sums.hpp"
#include "profile/sum_bytes.hpp"

namespace mainspring {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void Moments::add(const double* values, uint64_t count) {
  count_ += count;
  for (uint64_t done = 0; done < count; done += kSumBlock) {
    const auto block = static_cast<uint32_t>(std::min<uint64_t>(kSumBlock, count - done));
    add_block(values + done, block, &sum_, &squares_);
  }
}

void Moments::add_repeated(double value, uint64_t count) {
  count_ += count;
  sum_.add_repeated(value, count);
  squares_.add_product_repeated(value, value, count);
}

void Moments::merge(const Moments& other) {
  count_ += other.count_;
  sum_.merge(other.sum_);
  squares_.merge(other.squares_);
}

double Moments::mean() const {
  return count_ == 0 ? kNan : sum_.value() / static_cast<double>(count_);
}

// With c near the mean: sum (x - c)^2 = sum x^2 - 2 c sum x + n c^2 and sum (x - c) = sum x - n c
// are exact; only the small correction for c not being the mean is rounded. Squares may leave the
// range of doubles where their root does not, so the sum is first moved by whole limbs to about 1.
double Moments::deviation(uint32_t ddof) const {
  const double center = mean();
  if (count_ <= ddof || !std::isfinite(center)) return kNan;
  ExactSum around = squares_;
  ExactSum rest = sum_;
  for (double piece = rest.value(); piece != 0; piece = rest.value()) {
    around.add_product(-center, piece);
    around.add_product(-center, piece);
    rest.add(-piece);
  }
  around.add_product_repeated(center, center, count_);
  ExactSum shift = sum_;
  shift.add_repeated(-center, count_);

  std::array<int64_t, kExactSumLimbs> limbs;
  around.canonical(limbs.data());
  int top = static_cast<int>(kExactSumLimbs) - 1;
  while (top >= 0 && limbs[static_cast<size_t>(top)] == 0) --top;
  if (top < 0) return 0;
  constexpr int kUnitLimb = -kExactSumLowExponent / 32;
  const int moved_by = kUnitLimb - top;
  std::array<int64_t, kExactSumLimbs> moved{};
  for (int from = std::max(0, -moved_by); from <= top; ++from) {
    moved[static_cast<size_t>(from + moved_by)] = limbs[static_cast<size_t>(from)];
  }
  ExactSum near_one;
  near_one.set(moved.data());
  const auto n = static_cast<double>(count_);
  const double correction = std::ldexp(shift.value(), 16 * moved_by);
  const double squared = std::max(0.0, near_one.value() - correction * correction / n);
  return std::ldexp(std::sqrt(squared / static_cast<double>(count_ - ddof)), -16 * moved_by);
}

void Moments::write(StateWriter& writer) const {
  writer.put(count_);
  write_sum(writer, sum_);
  write_sum(writer, squares_);
}

Moments Moments::read(StateReader& reader) {
  Moments moments;
  moments.count_ = reader.get<uint64_t>();
  moments.sum_ = read_sum(reader);
  moments.squares_ = read_sum(reader);
  return moments;
}

}  // namespace mainspring
