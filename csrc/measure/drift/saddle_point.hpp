// Terms of binomial and gamma densities without cancellation, after C. Loader, "Fast and accurate
// computation of binomial probabilities" (2000): what the tail probabilities of this folder are
// built from.
#pragma once

namespace mainspring {

/// log(x!) - log(sqrt(2 pi x) (x / e)^x), x > 0; 0 for x = 0.
double stirling_error(double x);

/// x log(x / (x + delta)) + delta: how far x is from the mean x + delta, in log probability. x >= 0
/// and x + delta > 0.
double deviance(double x, double delta);

}  // namespace mainspring
