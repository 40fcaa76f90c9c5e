// The chi-squared tail.
#pragma once

namespace mainspring {

/// Regularised upper incomplete gamma function Q(a, x), a > 0, x >= 0; relative error about 1e-13.
double gamma_tail(double a, double x);

/// P(chi-squared with `dof` degrees of freedom > x); 1 for dof 0.
double chi_squared_tail(double x, double dof);

}  // namespace mainspring
