// One column on both sides, as drift statistics see it: what several of them need is computed once.
#pragma once
#include <cstdint>
#include <utility>

#include "measure/drift/frequencies.hpp"
#include "measure/drift/options.hpp"
#include "profile/column_profile.hpp"

namespace mainspring {

struct ColumnSide {
  uint64_t num_rows = 0;
  uint64_t missing = 0;
  Distribution numbers;  // of numeric columns
  double min = 0;        // of all present numbers
  double max = 0;
  uint64_t finite = 0;        // numbers that are
  double mean = 0;            // of those; NaN without any
  double deviation = 0;       // of those, ddof 0; NaN without any
  CategoryCounts categories;  // of categorical columns

  uint64_t present() const { return num_rows - missing; }
};

struct ColumnPair {
  /// `reference` and `current` are of one kind, or one of them is of kind kUnknown.
  ColumnPair(const ColumnProfile& reference, const ColumnProfile& current,
             const DriftOptions& options);
  /// Numbers that were not profiled.
  ColumnPair(ColumnKind numeric_kind, ColumnSide reference_side, ColumnSide current_side)
      : kind(numeric_kind),
        reference(std::move(reference_side)),
        current(std::move(current_side)) {}

  ColumnKind kind;
  ColumnSide reference;
  ColumnSide current;
  CategoryMatch match;  // of categorical columns
  Frequencies folded;   // of categorical columns

  /// Lists by their lengths.
  bool numeric() const {
    return kind == ColumnKind::kNumber || kind == ColumnKind::kTimestamp || is_list(kind);
  }
  bool categorical() const { return kind == ColumnKind::kText || kind == ColumnKind::kBoolean; }
  bool both_have_rows() const { return reference.num_rows > 0 && current.num_rows > 0; }
  bool both_present() const { return reference.present() > 0 && current.present() > 0; }
  /// At most two categories on both sides together.
  bool two_categories() const {
    return categorical() && match.exact && match.seen.size() + match.unseen.size() <= 2;
  }
  bool exact() const;
};

}  // namespace mainspring
