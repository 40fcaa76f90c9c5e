// How well one feature foretells the label: what label_power and identifier_power measure.
#pragma once
#include "measure/checks/label.hpp"

namespace mainspring {

/// 0 where there is nothing to tell apart; see LabelPower's notes.
double power_of(const RowColumn& feature, const Label& label);

}  // namespace mainspring
