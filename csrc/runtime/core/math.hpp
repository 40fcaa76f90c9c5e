// exp, log1p and friends of our own: the same bits on every CPU, where a C library's differ from
// platform to platform. One value at a time; the tile forms are in the kernels and give the same
// bits. Stated errors are tested over all exponents. Every NaN that comes out is the canonical
// quiet one.
#pragma once

namespace mainspring {

double exp_value(double x) noexcept;    // <= 1 ulp, monotone
double log1p_value(double x) noexcept;  // <= 2 ulp, monotone
/// 1 / (1 + exp(-x)), as LightGBM computes it: at most 2 steps from the correctly rounded value,
/// and 0 below -709.8, where exp(-x) overflows.
double sigmoid_value(double x) noexcept;
double floor_value(double x) noexcept;
double sqrt_value(double x) noexcept;  // correctly rounded

}  // namespace mainspring
