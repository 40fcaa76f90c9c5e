// The test that two samples have the same shares: what chi2, missing_rate and unseen_rate rest on.
#pragma once
#include "measure/drift/frequencies.hpp"

namespace mainspring {

struct ContingencyTest {
  double statistic;
  double dof;
  double p_value;
};

/// Pearson's chi-squared test of homogeneity on a 2 x K table, with Yates' correction for K = 2.
/// One class, or an empty side: statistic 0, p 1.
ContingencyTest test_homogeneity(const Frequencies& classes);

/// Two shares, successes of rows, and what can be said of their difference (second less first).
struct ShareChange {
  double change;
  double low;  // Newcombe's interval (1998, method 10) at `level`
  double high;
  double p_value;
};

ShareChange compare_shares(double first, double first_rows, double second, double second_rows,
                           double level);

}  // namespace mainspring
