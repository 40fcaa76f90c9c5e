// One value at a time: the scalar face of math_forms.inc, used where a tile would be too much
// (links, one-row prediction, fitting).
#include "runtime/core/math.hpp"

#include <cstdint>

namespace mainspring {

namespace {
#include "runtime/core/math_forms.inc"
}  // namespace

double exp_value(double x) noexcept { return exp_form(x); }

double log1p_value(double x) noexcept { return log1p_form(x); }

double tanh_value(double x) noexcept { return tanh_form(x); }

double log_value(double x) noexcept {
  if (!(x > 0.0)) return x == 0.0 ? -kInfinity : kQuietNan;
  if (x == kInfinity) return x;
  constexpr uint64_t kSqrtHalfBits = 0x3FE6A09E00000000;
  constexpr uint64_t kOneBits = 0x3FF0000000000000;
  const bool subnormal = x < 0x1p-1022;
  const uint64_t bits = __builtin_bit_cast(uint64_t, subnormal ? x * 0x1p54 : x);
  const uint64_t shifted = bits + (kOneBits - kSqrtHalfBits);
  const auto exponent = static_cast<int64_t>(shifted >> 52) - 1023 - (subnormal ? 54 : 0);
  const uint64_t reduced = (shifted & 0x000FFFFFFFFFFFFF) + kSqrtHalfBits;
  const double f = __builtin_bit_cast(double, reduced) - 1.0;
  return log_of_parts(f, static_cast<double>(exponent), 0.0) + 0.0;
}

double expm1_value(double x) noexcept {
  const double magnitude = x < 0.0 ? -x : x;
  if (magnitude < 0x1p-54) return x;  // keeps the sign of zero
  if (x < -40.0) return -1.0;
  if (!(x < 40.0)) return exp_form(x) - 1.0;  // NaN too
  double n, r;
  const double small = exp_rest(x, &n, &r);
  const double rest = r + small;
  if (n == 0.0) return rest;
  const auto exponent = static_cast<uint64_t>(static_cast<int64_t>(n) + 1023);
  const double power = __builtin_bit_cast(double, exponent << 52);
  return (power - 1.0) + power * rest;
}

namespace {

/// Both polynomials of a rational approximation, coefficients from the constant on.
template <uint32_t kCount>
double ratio_of(const double (&above)[kCount], const double (&below)[kCount], double x) {
  double numerator = above[kCount - 1], denominator = below[kCount - 1];
  for (uint32_t i = kCount - 1; i-- > 0;) {
    numerator = numerator * x + above[i];
    denominator = denominator * x + below[i];
  }
  return numerator / denominator;
}

}  // namespace

// M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied
// Statistics 37, 1988: PPND16, three rational approximations.
double normal_quantile_value(double p) noexcept {
  static constexpr double kMiddleAbove[] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                            1.9715909503065514427e3, 1.3731693765509461125e4,
                                            4.5921953931549871457e4, 6.7265770927008700853e4,
                                            3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr double kMiddleBelow[] = {1.0,
                                            4.2313330701600911252e1,
                                            6.8718700749205790830e2,
                                            5.3941960214247511077e3,
                                            2.1213794301586595867e4,
                                            3.9307895800092710610e4,
                                            2.8729085735721942674e4,
                                            5.2264952788528545610e3};
  static constexpr double kSideAbove[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                          5.76949722146069140550e0,  3.64784832476320460504e0,
                                          1.27045825245236838258e0,  2.41780725177450611770e-1,
                                          2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double kSideBelow[] = {1.0,
                                          2.05319162663775882187e0,
                                          1.67638483018380384940e0,
                                          6.89767334985100004550e-1,
                                          1.48103976427480074590e-1,
                                          1.51986665636164571966e-2,
                                          5.47593808499534494600e-4,
                                          1.05075007164441684324e-9};
  static constexpr double kTailAbove[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                          1.78482653991729133580e0,  2.96560571828504891230e-1,
                                          2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                          2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double kTailBelow[] = {1.0,
                                          5.99832206555887937690e-1,
                                          1.36929880922735805310e-1,
                                          1.48753612908506148525e-2,
                                          7.86869131145613259100e-4,
                                          1.84631831751005468180e-5,
                                          1.42151175831644588870e-7,
                                          2.04426310338993978564e-15};
  if (!(p >= 0.0 && p <= 1.0)) return kQuietNan;
  const double off = p - 0.5;
  const double distance = off < 0.0 ? -off : off;
  if (distance <= 0.425) {
    return off * ratio_of(kMiddleAbove, kMiddleBelow, 0.180625 - off * off);
  }
  const double outside = off < 0.0 ? p : 1.0 - p;
  if (outside == 0.0) return off < 0.0 ? -kInfinity : kInfinity;
  const double root = sqrt_value(-log_value(outside));
  const double size = root <= 5.0 ? ratio_of(kSideAbove, kSideBelow, root - 1.6)
                                  : ratio_of(kTailAbove, kTailBelow, root - 5.0);
  return off < 0.0 ? -size : size;
}

double sigmoid_value(double x) noexcept { return canonical_nan(1.0 / (1.0 + exp_form(-x))); }

double floor_value(double x) noexcept {
  const double magnitude = x < 0.0 ? -x : x;
  if (!(magnitude < 0x1p52) || x == 0.0) return canonical_nan(x);  // an integer, or not a number
  const double nearest = x < 0.0 ? (x - 0x1p52) + 0x1p52 : (x + 0x1p52) - 0x1p52;
  return nearest > x ? nearest - 1.0 : nearest;
}

double sqrt_value(double x) noexcept { return canonical_nan(__builtin_sqrt(x)); }

}  // namespace mainspring
