// The method and the coefficients of FreeBSD's and fdlibm's s_erf.c (Sun Microsystems, 1993): a
// rational function on each of four intervals, times exp(-x^2) on the outer two.
#include "runtime/core/erf.hpp"

#include <cstdint>

#include "runtime/core/math.hpp"

namespace mainspring {

namespace {

/// Coefficients from the constant on.
template <uint32_t kCount>
double polynomial(const double (&coefficients)[kCount], double x) {
  double value = coefficients[kCount - 1];
  for (uint32_t i = kCount - 1; i-- > 0;) value = value * x + coefficients[i];
  return value;
}

constexpr double kInnerAbove[] = {1.28379167095512558561e-01, -3.25042107247001499370e-01,
                                  -2.84817495755985104766e-02, -5.77027029648944159157e-03,
                                  -2.37630166566501626084e-05};
constexpr double kInnerBelow[] = {1.0,
                                  3.97917223959155352819e-01,
                                  6.50222499887672944485e-02,
                                  5.08130628187576562776e-03,
                                  1.32494738004321644526e-04,
                                  -3.96022827877536812320e-06};
constexpr double kNearOneAbove[] = {-2.36211856075265944077e-03, 4.14856118683748331666e-01,
                                    -3.72207876035701323847e-01, 3.18346619901161753674e-01,
                                    -1.10894694282396677476e-01, 3.54783043256182359371e-02,
                                    -2.16637559486879084300e-03};
constexpr double kNearOneBelow[] = {1.0,
                                    1.06420880400844228286e-01,
                                    5.40397917702171048937e-01,
                                    7.18286544141962662868e-02,
                                    1.26171219808761642112e-01,
                                    1.36370839120290507362e-02,
                                    1.19844998467991074170e-02};
constexpr double kOuterAbove[] = {-9.86494403484714822705e-03, -6.93858572707181764372e-01,
                                  -1.05586262253232909814e+01, -6.23753324503260060396e+01,
                                  -1.62396669462573470355e+02, -1.84605092906711035994e+02,
                                  -8.12874355063065934246e+01, -9.81432934416914548592e+00};
constexpr double kOuterBelow[] = {1.0,
                                  1.96512716674392571292e+01,
                                  1.37657754143519042600e+02,
                                  4.34565877475229228821e+02,
                                  6.45387271733267880336e+02,
                                  4.29008140027567833386e+02,
                                  1.08635005541779435134e+02,
                                  6.57024977031928170135e+00,
                                  -6.04244152148580987438e-02};
constexpr double kFarAbove[] = {-9.86494292470009928597e-03, -7.99283237680523006574e-01,
                                -1.77579549177547519889e+01, -1.60636384855821916062e+02,
                                -6.37566443368389627722e+02, -1.02509513161107724954e+03,
                                -4.83519191608651397019e+02};
constexpr double kFarBelow[] = {1.0,
                                3.03380607434824582924e+01,
                                3.25792512996573918826e+02,
                                1.53672958608443695994e+03,
                                3.19985821950859553908e+03,
                                2.55305040643316442583e+03,
                                4.74528541206955367215e+02,
                                -2.24409524465858183362e+01};

/// 1 - erf(x) for 1.25 <= x < 28. The square of the upper half of x is exact.
double complement(double x) {
  const double inverse = 1.0 / (x * x);
  const double ratio = x < 1.0 / 0.35
                           ? polynomial(kOuterAbove, inverse) / polynomial(kOuterBelow, inverse)
                           : polynomial(kFarAbove, inverse) / polynomial(kFarBelow, inverse);
  const double upper =
      __builtin_bit_cast(double, __builtin_bit_cast(uint64_t, x) & 0xFFFFFFFF00000000u);
  return exp_value(-upper * upper - 0.5625) * exp_value((upper - x) * (upper + x) + ratio) / x;
}

}  // namespace

double erfc_value(double x) noexcept {
  constexpr double kErfOfOne = 8.45062911510467529297e-01;  // of which the rest is in kNearOne
  if (x != x) return __builtin_bit_cast(double, uint64_t{0x7FF8000000000000});
  const double magnitude = x < 0 ? -x : x;
  if (magnitude < 0.84375) {
    const double square = x * x;
    const double ratio = polynomial(kInnerAbove, square) / polynomial(kInnerBelow, square);
    return x < 0.25 ? 1.0 - (x + x * ratio) : 0.5 - (x - 0.5 + x * ratio);
  }
  if (magnitude < 1.25) {
    const double beyond = magnitude - 1.0;
    const double ratio = polynomial(kNearOneAbove, beyond) / polynomial(kNearOneBelow, beyond);
    return x < 0 ? 1.0 + (kErfOfOne + ratio) : 1.0 - kErfOfOne - ratio;
  }
  const double rest = magnitude < 28.0 ? complement(magnitude) : 0.0;
  return x < 0 ? 2.0 - rest : rest;
}

}  // namespace mainspring
