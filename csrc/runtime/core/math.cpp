// One value at a time: the scalar face of math_forms.inc and number_forms.inc, used where a tile
// would be too much (links, one-row prediction, fitting).
#include "runtime/core/math.hpp"

#include <cstdint>

#include "runtime/core/erf.hpp"
#include "runtime/core/power.hpp"

namespace mainspring {

namespace {
#include "runtime/core/math_forms.inc"
#include "runtime/core/number_forms.inc"
}  // namespace

double exp_value(double x) noexcept { return exp_form(x); }

double log1p_value(double x) noexcept { return log1p_form(x); }

double tanh_value(double x) noexcept { return tanh_form(x); }

double log_value(double x) noexcept { return log_form(x); }

double expm1_value(double x) noexcept { return expm1_form(x); }

double normal_quantile_value(double p) noexcept { return normal_quantile_form(p); }

double erfc_value(double x) noexcept { return erfc_form(x); }

double power_of_log(double log, double power) noexcept { return power_of_log_form(log, power); }

double yeo_johnson_value(double x, double lambda) noexcept { return yeo_johnson_form(x, lambda); }

double box_cox_value(double x, double lambda) noexcept { return box_cox_form(x, lambda); }

double sigmoid_value(double x) noexcept { return canonical_nan(1.0 / (1.0 + exp_form(-x))); }

double sqrt_value(double x) noexcept { return canonical_nan(__builtin_sqrt(x)); }

}  // namespace mainspring
