// exp, log1p and friends of our own: the same bits on every CPU, where a C library's differ from
// platform to platform. One value at a time; the tile forms are in the kernels and give the same
// bits. Stated errors are tested over all exponents. Every NaN that comes out is the canonical
// quiet one.
#pragma once

namespace mainspring {

double exp_value(double x) noexcept;    // <= 1 ulp, monotone
double log1p_value(double x) noexcept;  // <= 2 ulp, monotone
double log_value(double x) noexcept;    // <= 1 ulp; at 0 -inf, below NaN
double expm1_value(double x) noexcept;  // e^x - 1, <= 2 ulp
double tanh_value(double x) noexcept;   // <= 2 ulp
/// The quantile of the standard normal distribution at 0 <= p <= 1, within 8 ulp, and exactly
/// symmetric about 1/2; NaN elsewhere.
double normal_quantile_value(double p) noexcept;
/// 1 / (1 + exp(-x)), as LightGBM computes it: at most 2 steps from the correctly rounded value,
/// and 0 below -709.8, where exp(-x) overflows.
double sigmoid_value(double x) noexcept;
double sqrt_value(double x) noexcept;  // correctly rounded

}  // namespace mainspring
