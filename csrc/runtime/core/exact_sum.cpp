// The exact accumulator: 138 limbs of 32 bits, kept in signed 64-bit integers so that 2^30
// additions need no carry. Profiles, target means and quality metrics all add through it.
#include "runtime/core/exact_sum.hpp"

#include "runtime/core/memory.hpp"
#include "runtime/core/wide_multiply.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kLimbMask = 0xFFFFFFFF;
/// One addition changes a limb by less than 2^32, so 2^30 of them stay below 2^62.
constexpr uint32_t kMaxPending = uint32_t{1} << 30;
constexpr uint32_t kTopLimb = kExactSumLimbs - 1;

/// |value| = mantissa * 2^(position + kExactSumLowExponent).
struct Parts {
  uint64_t mantissa;
  int32_t position;
  bool negative;
};

inline Parts split(double value) {
  const uint64_t bits = __builtin_bit_cast(uint64_t, value);
  const uint64_t fraction = bits & 0x000FFFFFFFFFFFFF;
  const int32_t exponent = static_cast<int32_t>((bits >> 52) & 0x7FF);
  const bool normal = exponent != 0;
  return {normal ? fraction | 0x0010000000000000 : fraction,
          (normal ? exponent : 1) - 1075 - kExactSumLowExponent, (bits >> 63) != 0};
}

inline void add_chunk(int64_t* limb, uint64_t chunk, bool negative) {
  const int64_t amount = static_cast<int64_t>(chunk);
  *limb += negative ? -amount : amount;
}

/// Adds mantissa * 2^position: 53 bits moved by up to 31 touch three limbs.
inline void add_narrow(int64_t* limbs, uint64_t mantissa, int32_t position, bool negative) {
  int64_t* limb = limbs + (position >> 5);
  const uint32_t shift = static_cast<uint32_t>(position) & 31;
  const uint64_t low = mantissa << shift;
  add_chunk(limb, low & kLimbMask, negative);
  add_chunk(limb + 1, low >> 32, negative);
  add_chunk(limb + 2, (mantissa >> 1) >> (63 - shift), negative);
}

/// The same for 128 bits: five limbs.
void add_wide(int64_t* limbs, WideProduct value, int32_t position, bool negative) {
  int64_t* limb = limbs + (position >> 5);
  const uint32_t shift = static_cast<uint32_t>(position) & 31;
  const uint64_t pieces[4] = {value.low & kLimbMask, value.low >> 32, value.high & kLimbMask,
                              value.high >> 32};
  uint64_t carry = 0;
  for (uint32_t i = 0; i < 4; ++i) {
    const uint64_t moved = (pieces[i] << shift) | carry;
    add_chunk(limb + i, moved & kLimbMask, negative);
    carry = moved >> 32;
  }
  add_chunk(limb + 4, carry, negative);
}

/// Carries done: limbs below the top in [0, 2^32), the top one with the sign. Unsigned additions,
/// because limbs that came from foreign bytes may be anything.
void carry_all(int64_t* limbs) {
  int64_t carry = 0;
  for (uint32_t i = 0; i < kTopLimb; ++i) {
    const int64_t limb =
        static_cast<int64_t>(static_cast<uint64_t>(limbs[i]) + static_cast<uint64_t>(carry));
    limbs[i] = static_cast<int64_t>(static_cast<uint64_t>(limb) & kLimbMask);
    carry = limb >> 32;
  }
  limbs[kTopLimb] =
      static_cast<int64_t>(static_cast<uint64_t>(limbs[kTopLimb]) + static_cast<uint64_t>(carry));
}

/// Two's complement of canonical limbs.
void negate(int64_t* limbs) {
  for (uint32_t i = 0; i < kExactSumLimbs; ++i) {
    limbs[i] = static_cast<int64_t>(uint64_t{0} - static_cast<uint64_t>(limbs[i]));
  }
  carry_all(limbs);
}

/// The double nearest to 0.top * 2^(exponent + 1), top's highest bit set; `sticky`: a bit below is
/// set.
double round_to_double(uint64_t top, int32_t exponent, bool sticky, bool negative) {
  const uint64_t sign = negative ? uint64_t{1} << 63 : 0;
  if (exponent > 1023) return __builtin_bit_cast(double, sign | 0x7FF0000000000000);
  const bool normal = exponent >= -1022;
  const int32_t keep = normal ? 53 : exponent + 1075;  // bits of the result
  if (keep < 0) return __builtin_bit_cast(double, sign);
  const uint64_t kept = keep == 0 ? 0 : top >> (64 - keep);
  const uint64_t rest = top << keep;
  constexpr uint64_t kHalf = uint64_t{1} << 63;
  const bool up = rest > kHalf || (rest == kHalf && (sticky || (kept & 1) != 0));
  // The hidden bit of `kept` adds one to the exponent field, and so does a carry out of rounding.
  const uint64_t field = normal ? static_cast<uint64_t>(exponent + 1022) << 52 : 0;
  return __builtin_bit_cast(double, sign | (field + kept + (up ? 1 : 0)));
}

}  // namespace

void ExactSum::propagate() noexcept {
  carry_all(limbs_);
  pending_ = 1;
}

void ExactSum::add(double value) noexcept {
  if (pending_ == kMaxPending) propagate();
  ++pending_;
  const Parts parts = split(value);
  add_narrow(limbs_, parts.mantissa, parts.position, parts.negative);
}

void ExactSum::add_all(const double* values, uint64_t count) noexcept {
  while (count != 0) {
    if (pending_ == kMaxPending) propagate();
    const uint64_t room = kMaxPending - pending_;
    const uint64_t block = count < room ? count : room;
    for (uint64_t i = 0; i < block; ++i) {
      const Parts parts = split(values[i]);
      add_narrow(limbs_, parts.mantissa, parts.position, parts.negative);
    }
    pending_ += static_cast<uint32_t>(block);
    values += block;
    count -= block;
  }
}

void ExactSum::add_product(double a, double b) noexcept {
  if (pending_ == kMaxPending) propagate();
  ++pending_;
  const Parts left = split(a), right = split(b);
  add_wide(limbs_, multiply_wide(left.mantissa, right.mantissa),
           left.position + right.position + kExactSumLowExponent, left.negative != right.negative);
}

void ExactSum::add_repeated(double value, uint64_t count) noexcept {
  if (pending_ == kMaxPending) propagate();
  ++pending_;
  const Parts parts = split(value);
  add_wide(limbs_, multiply_wide(parts.mantissa, count), parts.position, parts.negative);
}

void ExactSum::add_product_repeated(double a, double b, uint64_t count) noexcept {
  constexpr uint32_t kPieceBits = 21;  // 106 bits of product and 21 of count stay below 128
  const Parts left = split(a), right = split(b);
  const WideProduct product = multiply_wide(left.mantissa, right.mantissa);
  int32_t position = left.position + right.position + kExactSumLowExponent;
  for (; count != 0; count >>= kPieceBits, position += kPieceBits) {
    const uint64_t piece = count & ((uint64_t{1} << kPieceBits) - 1);
    const WideProduct low = multiply_wide(product.low, piece);
    if (pending_ == kMaxPending) propagate();
    ++pending_;
    add_wide(limbs_, {low.low, product.high * piece + low.high}, position,
             left.negative != right.negative);
  }
}

void ExactSum::merge(const ExactSum& other) noexcept {
  if (pending_ > kMaxPending - 1) propagate();
  if (other.pending_ > kMaxPending - pending_) {
    ExactSum carried = other;
    carried.propagate();
    propagate();
    merge(carried);
    return;
  }
  for (uint32_t i = 0; i < kExactSumLimbs; ++i) {
    limbs_[i] = static_cast<int64_t>(static_cast<uint64_t>(limbs_[i]) +
                                     static_cast<uint64_t>(other.limbs_[i]));
  }
  pending_ += other.pending_;
}

void ExactSum::subtract(const ExactSum& other) noexcept {
  ExactSum negative = other;
  negative.propagate();
  negate(negative.limbs_);
  merge(negative);
}

double ExactSum::value() const noexcept {
  int64_t limbs[kExactSumLimbs];
  canonical(limbs);
  const bool negative = limbs[kTopLimb] < 0;
  if (negative) negate(limbs);
  // The top limb of a magnitude is 0 or, far beyond the largest double, anything: infinity.
  if (limbs[kTopLimb] != 0) return round_to_double(kLimbMask, 4096, false, negative);
  int32_t top = static_cast<int32_t>(kTopLimb) - 1;
  while (top >= 0 && limbs[top] == 0) --top;
  if (top < 0) return 0.0;
  const uint64_t first = static_cast<uint64_t>(limbs[top]);
  const uint64_t second = top >= 1 ? static_cast<uint64_t>(limbs[top - 1]) : 0;
  const uint64_t third = top >= 2 ? static_cast<uint64_t>(limbs[top - 2]) : 0;
  const uint32_t zeros = static_cast<uint32_t>(__builtin_clzll(first)) - 32;  // 0 to 31
  const uint64_t bits = (((first << 32) | second) << zeros) | ((third << zeros) >> 32);
  bool sticky = ((third << zeros) & kLimbMask) != 0;
  for (int32_t i = top - 3; i >= 0 && !sticky; --i) sticky = limbs[i] != 0;
  const int32_t exponent = top * 32 + kExactSumLowExponent + 31 - static_cast<int32_t>(zeros);
  return round_to_double(bits, exponent, sticky, negative);
}

bool ExactSum::operator==(const ExactSum& other) const noexcept {
  int64_t mine[kExactSumLimbs];
  int64_t theirs[kExactSumLimbs];
  canonical(mine);
  other.canonical(theirs);
  return same_bytes(mine, theirs, sizeof(mine));
}

void ExactSum::canonical(int64_t limbs[kExactSumLimbs]) const noexcept {
  copy_bytes(limbs, limbs_, sizeof(limbs_));
  carry_all(limbs);
}

void ExactSum::set(const int64_t limbs[kExactSumLimbs]) noexcept {
  copy_bytes(limbs_, limbs, sizeof(limbs_));
  propagate();
}

}  // namespace mainspring
