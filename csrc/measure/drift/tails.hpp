// Tail probabilities that tests of the normal and of Student's law need.
#pragma once

namespace mainspring {

/// P(|normal| >= |z|).
double two_normal_tails(double z);

/// P(|t| >= |value|) for Student's law with `dof` > 0 degrees of freedom, not only whole ones.
double two_student_tails(double value, double dof);

}  // namespace mainspring
