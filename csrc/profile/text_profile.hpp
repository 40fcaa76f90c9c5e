// Everything known about a column of strings or booleans.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "profile/distinct_sketch.hpp"
#include "profile/length_tally.hpp"
#include "profile/string_lines.hpp"
#include "profile/value_counts.hpp"
#include "runtime/arrow/column_view.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

class TextProfile {
 public:
  void add(std::string_view value, uint64_t times = 1);
  /// At most a tile of them.
  void add_all(const BytesView* values, uint32_t num_values);
  /// Rows of strings with offsets, from the first on, while there is room; returns how many they
  /// were, 0 of other columns, and adds those that are missing to *nulls. All `lines` are those of
  /// one column, and settle() comes before anything but more rows.
  uint64_t add_rows(const ColumnView& view, StringLines* lines, uint64_t* nulls);
  void settle(StringLines* lines) { lines->settle(&counts_); }
  void merge(const TextProfile& other);

  bool exact() const { return counts_.exact(); }
  uint64_t count() const { return counts_.total(); }
  const LengthTally& lengths() const { return lengths_; }
  CategoryCounts categories() const { return counts_.categories(); }
  double distinct() const;

  void write(StateWriter& writer) const;
  /// Throws Error(kBundleCorrupt).
  static TextProfile read(StateReader& reader);

 private:
  void start_distinct();
  void add_hashed(std::string_view value, uint64_t hash, uint64_t times);

  ValueCounts counts_;
  LengthTally lengths_;
  // There from the moment the counts are full, while every value seen is still in them.
  std::optional<DistinctSketch> distinct_;
};

}  // namespace mainspring
