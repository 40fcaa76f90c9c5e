// The law of the one-sample Kolmogorov-Smirnov statistic at finite n.
#pragma once
#include <cstdint>

namespace mainspring {

/// P(D_n >= d). Chooses among exact and asymptotic formulas as Simard and L'Ecuyer (2011,
/// doi:10.18637/jss.v039.i11) do; beyond n = 10^6 after Maag and Dicaire (1971).
double ks_one_sample_tail(uint64_t n, double d);

}  // namespace mainspring
