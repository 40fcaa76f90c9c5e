// One column on both sides, as drift statistics see it: what several of them need is computed once.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "measure/drift/counted_numbers.hpp"
#include "measure/drift/frequencies.hpp"
#include "measure/drift/options.hpp"
#include "measure/drift/rank_distances.hpp"
#include "profile/column_profile.hpp"

namespace mainspring {

struct ColumnSide;

/// One side of a column: what was profiled; or numbers that were only counted, or are at hand.
struct DriftColumn {
  const ColumnProfile* profile;                 // without rows where `counts` has them
  const CountedNumbers* counts = nullptr;       // numbers or times
  const Table* sorted = nullptr;                // of whose numbers or times all are compared
  uint32_t number = 0;                          // of the column there
  const ColumnSide* side = nullptr;             // numbers that were sorted elsewhere
  const std::vector<double>* sample = nullptr;  // numbers or times of all rows, NaN: missing

  uint64_t num_rows() const;
};

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

inline uint64_t DriftColumn::num_rows() const {
  if (side != nullptr) return side->num_rows;
  if (sorted != nullptr) return sorted->num_rows();
  if (sample != nullptr) return sample->size();
  return counts != nullptr ? counts->num_rows() : profile->num_rows();
}

struct ColumnPair {
  /// `reference` and `current` are of one kind, or one of them is of kind kUnknown. Where both
  /// count, they do so on the same edges.
  ColumnPair(const DriftColumn& reference, const DriftColumn& current, const DriftOptions& options);
  /// Numbers that were not profiled, which must outlive this. With `known`, sides may lack their
  /// values, and statistics of anything but these distances have nothing to go by.
  ColumnPair(ColumnKind numeric_kind, const ColumnSide& reference_side,
             const ColumnSide& current_side, std::optional<RankDistances> known = std::nullopt)
      : kind(numeric_kind), reference(reference_side), current(current_side), distances_(known) {}
  ColumnPair(const ColumnPair&) = delete;
  ColumnPair& operator=(const ColumnPair&) = delete;

 private:
  std::optional<ColumnSide> owned_reference_;
  std::optional<ColumnSide> owned_current_;

 public:
  ColumnKind kind;
  const ColumnSide& reference;
  const ColumnSide& current;
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
  /// Of numbers that are there on both sides.
  const RankDistances& distances() const;
  /// Numbers on that many bins.
  const Frequencies& binned(uint32_t num_bins) const;

 private:
  // One thread measures a column.
  mutable std::optional<RankDistances> distances_;
  mutable std::map<uint32_t, Frequencies> binned_;
};

}  // namespace mainspring
