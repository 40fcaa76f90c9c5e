// Corrects p-values for how many tests were made.
#pragma once
#include <vector>

#include "measure/drift/options.hpp"

namespace mainspring {

/// Corrected p-values in the order given, each in [0, 1] and not below its own.
std::vector<double> corrected(const std::vector<double>& p_values, Correction correction);

}  // namespace mainspring
