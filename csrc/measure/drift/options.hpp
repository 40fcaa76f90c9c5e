// Every limit of the drift decision, with its default: one place for C++, Python and the docs.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mainspring {

/// How p-values of many tests are corrected: by false discovery rate (Benjamini and Hochberg 1995),
/// by family-wise error rate (Bonferroni), or not at all.
enum class Correction : uint8_t { kBenjaminiHochberg, kBonferroni, kNone };

struct Statistic;

struct DriftOptions {
  double level = 0.01;  // of corrected p-values
  Correction correction = Correction::kBenjaminiHochberg;
  // Effects: a column has drifted only when one of them is reached.
  double ks = 0.05;
  double wasserstein_std = 0.1;
  double js_debiased = 0.05;
  double missing_rate = 0.01;
  double unseen_rate = 0.01;
  // Samples: fewer rows on either side decide nothing.
  double min_rows = 200;
  double rows_per_bin = 20;
  // Bins of the binned statistics.
  double psi_bins = 10;
  double max_bins = 256;
  double js_base = 2;                   // of js_divergence
  std::vector<const Statistic*> asked;  // measured beside those that every report has
  // Limits that one column has to itself.
  struct ColumnLimit {
    std::string column;
    double DriftOptions::* value;
    double limit;
  };
  std::vector<ColumnLimit> column_limits;

  DriftOptions of_column(std::string_view name) const {
    DriftOptions options = *this;
    for (const ColumnLimit& own : column_limits) {
      if (own.column == name) options.*own.value = own.limit;
    }
    return options;
  }
};

struct DriftLimit {
  std::string_view name;
  std::string_view summary;
  double DriftOptions::* value;
  double smallest;
  double largest;
};

inline constexpr std::array kDriftLimits{
    DriftLimit{"ks", "Kolmogorov-Smirnov distance of numbers", &DriftOptions::ks, 0, 1},
    DriftLimit{"wasserstein_std", "Wasserstein distance in reference standard deviations",
               &DriftOptions::wasserstein_std, 0, 1e300},
    DriftLimit{"js_debiased", "Jensen-Shannon distance of categories, bias removed",
               &DriftOptions::js_debiased, 0, 1},
    DriftLimit{"missing_rate", "change of the share of missing rows", &DriftOptions::missing_rate,
               0, 1},
    DriftLimit{"unseen_rate", "rise of the share of unseen categories", &DriftOptions::unseen_rate,
               0, 1},
    DriftLimit{"min_rows", "present rows needed on either side", &DriftOptions::min_rows, 1, 1e15},
    DriftLimit{"rows_per_bin", "present rows needed for each category compared",
               &DriftOptions::rows_per_bin, 1, 1e15},
    DriftLimit{"psi_bins", "equally filled reference bins of psi", &DriftOptions::psi_bins, 2,
               16384},
    DriftLimit{"max_bins", "equally filled reference bins of js, at most", &DriftOptions::max_bins,
               2, 16384},
    DriftLimit{"js_base", "base of the logarithm in js_divergence", &DriftOptions::js_base, 1.001,
               1e300},
};

}  // namespace mainspring
