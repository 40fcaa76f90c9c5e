// What a profile says about a column, as plain values for people and for Python.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "profile/column_profile.hpp"
#include "profile/histogram.hpp"

namespace mainspring {

struct NumberSummary {
  NumberTally tally;
  double sum, mean, deviation;    // of finite values; deviation with ddof 0
  std::vector<double> quantiles;  // one for each asked
  double rank_error;              // 0: exact
  HistogramAxis axis;
  HistogramCounts histogram;
};

struct TextSummary {
  struct Category {
    std::string value;
    uint64_t count;
  };
  std::vector<Category> top;  // most frequent first
  uint64_t count_error;       // a count may be too low by this much; 0: exact
  LengthTally lengths;        // in bytes
};

struct ColumnSummary {
  std::string name;
  std::string type_name;
  const char* kind;
  uint64_t num_rows, nulls, nans;
  double distinct;
  bool exact;                            // every distinct value is counted
  std::optional<NumberSummary> numbers;  // of lists: their lengths
  std::optional<TextSummary> texts;
  std::vector<ColumnSummary> elements;  // of lists: one
};

/// `quantiles` in [0, 1]; at most `num_top` categories.
ColumnSummary summarize(const ColumnProfile& column, std::span<const double> quantiles,
                        uint64_t num_top);

}  // namespace mainspring
