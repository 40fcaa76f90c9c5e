// The limb arithmetic: split a value, add its pieces, carry before a limb could overflow.
#include "fit/transforms/window_sums.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mainspring {

namespace {

constexpr int64_t kTopRoom = int64_t{1} << 32;

}  // namespace

void WindowSums::cover(uint32_t first_limb, uint32_t end_limb) {
  if (first_limb >= first_ && end_limb <= first_ + width_) return;
  const uint32_t first = std::min(first_, first_limb);
  const uint32_t width = std::max(first_ + width_, end_limb) - first;
  std::vector<int64_t> wider(num_cells_ * width);
  for (uint64_t cell = 0; cell < num_cells_; ++cell) {
    for (uint32_t i = 0; i < width_; ++i) {
      wider[cell * width + (first_ - first) + i] = limbs_[cell * width_ + i];
    }
  }
  limbs_.swap(wider);
  first_ = first;
  width_ = width;
}

void WindowSums::carry() {
  int64_t largest_top = 0;
  for (uint64_t cell = 0; cell < num_cells_; ++cell) {
    int64_t* limbs = &limbs_[cell * width_];
    for (uint32_t i = 0; i + 1 < width_; ++i) {
      const int64_t over = limbs[i] >> 32;
      limbs[i] -= over << 32;
      limbs[i + 1] += over;
    }
    largest_top = std::max(largest_top, std::abs(limbs[width_ - 1]));
  }
  pending_ = 1;
  if (largest_top < kTopRoom) return;
  cover(first_, first_ + width_ + 1);
  carry();
}

void WindowSums::add(uint64_t cell, double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  const uint64_t exponent_bits = (bits >> 52) & 0x7ff;
  uint64_t mantissa = bits & ((uint64_t{1} << 52) - 1);
  if (exponent_bits != 0) mantissa |= uint64_t{1} << 52;
  if (mantissa == 0) return;
  int32_t exponent = (exponent_bits != 0 ? static_cast<int32_t>(exponent_bits) : 1) - 1075;
  const int zeros = std::countr_zero(mantissa);  // an integer then lies in limb 68 alone
  mantissa >>= zeros;
  exponent += zeros;

  const auto position = static_cast<uint32_t>(exponent - kExactSumLowExponent);
  const uint32_t limb = position / 32;
  unsigned __int128 shifted = static_cast<unsigned __int128>(mantissa) << (position % 32);
  const uint32_t num_bits = static_cast<uint32_t>(64 - std::countl_zero(mantissa)) + position % 32;
  cover(limb, limb + (num_bits + 31) / 32);
  if (++pending_ >= kMaxPending) carry();
  int64_t* limbs = &limbs_[cell * width_ + (limb - first_)];
  const bool negative = (bits >> 63) != 0;
  for (; shifted != 0; shifted >>= 32, ++limbs) {
    const auto part = static_cast<int64_t>(static_cast<uint32_t>(shifted));
    *limbs += negative ? -part : part;
  }
}

void WindowSums::add_all(const uint64_t* cells, const double* values, uint32_t count) {
  // Labels and counts are small integers: one limb, which every window has.
  int32_t whole[kTileRows];
  int64_t num_others = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const double within = std::min(std::max(values[i], -0x1p31), 0x1p31 - 1);
    whole[i] = static_cast<int32_t>(within);
    num_others += static_cast<double>(whole[i]) != values[i] ? 1 : 0;
  }
  if (num_others != 0) {
    for (uint32_t i = 0; i < count; ++i) add(cells[i], values[i]);
    return;
  }
  pending_ += count;
  if (pending_ >= kMaxPending) carry();
  int64_t* limbs = limbs_.data() + (kUnitLimb - first_);
  if (width_ == 1) {
    for (uint32_t i = 0; i < count; ++i) limbs[cells[i]] += whole[i];
  } else {
    for (uint32_t i = 0; i < count; ++i) limbs[cells[i] * width_] += whole[i];
  }
}

void WindowSums::merge(WindowSums other, const std::vector<uint64_t>& cells) {
  cover(other.first_, other.first_ + other.width_);
  other.cover(first_, first_ + width_);
  carry();
  other.carry();
  cover(other.first_, other.first_ + other.width_);  // a carry may have widened either
  other.cover(first_, first_ + width_);
  for (uint64_t cell = 0; cell < other.num_cells_; ++cell) {
    for (uint32_t i = 0; i < width_; ++i) {
      limbs_[cells[cell] * width_ + i] += other.limbs_[cell * width_ + i];
    }
  }
  // Two cells of `other` may have gone to one; each has added less than 2^32 to a lower limb.
  pending_ += other.num_cells_;
  if (pending_ >= kMaxPending) carry();
}

WindowSums WindowSums::picked(std::span<const uint64_t> cells) const {
  WindowSums left;
  left.first_ = first_;
  left.width_ = width_;
  left.pending_ = pending_;
  left.resize(cells.size());
  for (uint64_t at = 0; at < cells.size(); ++at) {
    std::copy_n(limbs_.begin() + static_cast<std::ptrdiff_t>(cells[at] * width_), width_,
                left.limbs_.begin() + static_cast<std::ptrdiff_t>(at * width_));
  }
  return left;
}

ExactSum WindowSums::exact_sum(uint64_t first, uint64_t count, uint64_t excluded) const {
  // Limbs of different cells add up in 128 bits, then carry upwards to the last limb, which keeps
  // the sign: the form that ExactSum::set() takes.
  int64_t limbs[kExactSumLimbs] = {};
  __int128 over = 0;
  for (uint32_t i = first_; i < kExactSumLimbs; ++i) {
    __int128 total = over;
    for (uint64_t cell = first; i < first_ + width_ && cell < first + count; ++cell) {
      if (cell != excluded) total += limbs_[cell * width_ + (i - first_)];
    }
    over = total >> 32;
    limbs[i] = i + 1 < kExactSumLimbs ? static_cast<int64_t>(total & 0xffffffff)
                                      : static_cast<int64_t>(total);
  }
  ExactSum sum;
  sum.set(limbs);
  return sum;
}

double WindowSums::sum(uint64_t first, uint64_t count, uint64_t excluded) const {
  // What labels add up to.
  if (count == 1 && are_integers() && first != excluded) return static_cast<double>(limbs_[first]);
  // One or two limbs fit into 128 bits, whose conversion rounds to nearest even as value() does.
  // Three limbs could leave the 128 bits, and far exponents could be subnormal.
  if (width_ > 2 || first_ < 40 || first_ > 96) return exact_sum(first, count, excluded).value();
  __int128 total = 0;
  for (uint64_t cell = first; cell < first + count; ++cell) {
    if (cell == excluded) continue;
    total += limbs_[cell * width_];
    if (width_ == 2) total += static_cast<__int128>(limbs_[cell * width_ + 1]) << 32;
  }
  return std::ldexp(static_cast<double>(total),
                    static_cast<int>(32 * first_) + kExactSumLowExponent);
}

void WindowSums::write(StateWriter& writer) const {
  // A sum is written as its rounding, the rounding of what is left, and so on until nothing is.
  writer.put<uint64_t>(num_cells_);
  for (uint64_t cell = 0; cell < num_cells_; ++cell) {
    ExactSum rest = exact_sum(cell, 1);
    std::vector<double> parts;
    for (double part = rest.value(); part != 0; part = rest.value()) {
      if (std::isinf(part)) part = std::copysign(0x1p1023, part);
      parts.push_back(part);
      rest.add(-part);
    }
    writer.put<uint32_t>(static_cast<uint32_t>(parts.size()));
    for (const double part : parts) writer.put(part);
  }
}

void WindowSums::read(StateReader& reader) {
  *this = WindowSums();
  resize(reader.get_count(4));
  for (uint64_t cell = 0; cell < num_cells_; ++cell) {
    for (auto parts = reader.get<uint32_t>(); parts > 0; --parts) {
      const auto part = reader.get<double>();
      if (!std::isfinite(part)) StateReader::fail();
      add(cell, part);
    }
  }
}

}  // namespace mainspring
