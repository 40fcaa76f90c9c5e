// The two families of power transforms, one value at a time.
#pragma once
#include <cstdint>

namespace mainspring {

enum class PowerFamily : uint8_t { kYeoJohnson = 1, kBoxCox = 2 };

/// (e^(power * log) - 1) / power, and `log` itself where power is 0: both families, given the
/// logarithm that each takes.
double power_of_log(double log, double power) noexcept;

/// I.-K. Yeo and R. Johnson, Biometrika 87, 2000: ((1 + x)^lambda - 1) / lambda from 0 on, and
/// -((1 - x)^(2 - lambda) - 1) / (2 - lambda) below. NaN gives NaN.
double yeo_johnson_value(double x, double lambda) noexcept;

/// G. Box and D. Cox, 1964: (x^lambda - 1) / lambda. NaN where x is not above 0.
double box_cox_value(double x, double lambda) noexcept;

}  // namespace mainspring
