// Two samples as counts over the same classes: what psi, js and chi2 are computed from.
#pragma once
#include <cstdint>
#include <vector>

#include "measure/drift/options.hpp"
#include "profile/column_profile.hpp"

namespace mainspring {

/// Counts over equal classes. Totals are kept beside, because counts may be fractional where a
/// sketch is certain only up to an interval.
struct Frequencies {
  std::vector<double> reference;
  std::vector<double> current;
  double reference_total = 0;
  double current_total = 0;

  uint64_t size() const { return reference.size(); }
  /// Classes that are empty on both sides are left out: they say nothing.
  void add(double in_reference, double in_current) {
    if (in_reference == 0 && in_current == 0) return;
    reference.push_back(in_reference);
    current.push_back(in_current);
    reference_total += in_reference;
    current_total += in_current;
  }
};

/// Numbers in at most `num_bins` bins that the reference fills equally, and missing rows as a bin
/// of their own. The upper edge of bin k is the smallest value v with F(v) >= k / num_bins, values
/// equal to an edge lie below it, and equal edges are merged.
Frequencies bin_numbers(const Distribution& reference, uint64_t reference_missing,
                        const Distribution& current, uint64_t current_missing, uint32_t num_bins);

/// How many bins js takes: 2 min(n, m)^(2/5), at least 10 and at most `max_bins`.
uint32_t num_js_bins(uint64_t n, uint64_t m, double max_bins);

/// A column's categories on both sides, aligned.
struct CategoryMatch {
  struct Pair {
    double reference;
    double current;
  };
  std::vector<Pair> seen;    // categories of the reference
  std::vector<Pair> unseen;  // categories of the current data alone
  Pair rest{0, 0};           // what inexact counts do not list
  // Rows of the current data in categories that the reference lacks, where all of its are known.
  bool reference_exact = true;
  double unseen_least = 0;
  double unseen_most = 0;
  uint64_t reference_singletons = 0;  // categories that the reference holds once
  bool exact = true;

  double unseen_total() const;
};

/// Where counts are inexact, each is moved inside its interval so that both sides are as alike as
/// they can be: drift that is found then is there for certain.
CategoryMatch match_categories(const CategoryCounts& reference, const CategoryCounts& current);

/// Reference categories, then UNSEEN, then MISSING.
Frequencies category_frequencies(const CategoryMatch& match, uint64_t reference_missing,
                                 uint64_t current_missing);

/// The union of categories and MISSING, with rare ones folded into one class: those whose expected
/// count in the smaller sample is below 5, and the rarest until `rows_per_bin` rows are there for
/// each class. The rule looks at pooled counts alone, so that it favours neither side.
Frequencies folded_frequencies(const CategoryMatch& match, uint64_t reference_missing,
                               uint64_t current_missing, double rows_per_bin);

}  // namespace mainspring
