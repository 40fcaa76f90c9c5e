// Numbers of one side of a column counted on edges that both sides share: what stands in for a
// profile when there are many rows.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "measure/drift/moment_sums.hpp"
#include "profile/distribution.hpp"
#include "profile/number_bins.hpp"
#include "profile/number_profile.hpp"
#include "runtime/arrow/column_view.hpp"

namespace mainspring {

/// The next larger number; 0 after those below it, not -0.
inline double next_after(double value) {
  return std::nextafter(value, std::numeric_limits<double>::infinity()) + 0.0;
}

/// Where numbers are counted: between edges, or, of columns with few distinct values, on points.
struct DriftBins {
  NumberBins bins;
  bool points;

  /// Every value by itself. Null where two of them are neighbours, so that nothing is between.
  static std::shared_ptr<const DriftBins> of_points(std::span<const double> ascending);
  /// Edges ascending and finite, but for the last one, which may be infinite; at least two. Some
  /// may be left out, or moved a little, where that makes counting faster.
  static std::shared_ptr<const DriftBins> of_edges(const std::vector<double>& ascending);

  /// Counts that both sides have between edges are put where they stand for: the value itself where
  /// a bin holds no other, else the middle.
  double place_of(uint32_t bin) const;
  /// A sketch, or exact counts, between these edges; the same on points.
  Distribution count(const Distribution& numbers) const;
};

class CountedNumbers {
 public:
  /// with_moments: of a reference, whose deviation is the unit of a distance.
  CountedNumbers(std::shared_ptr<const DriftBins> bins, bool with_moments);

  void update(const ColumnView& view, bool is_time);
  /// Adds rows that were counted elsewhere on the same bins, without moments; what is listed, in
  /// the order of the rows.
  void add_counts(const BinCounts& counts, uint64_t num_rows);
  const DriftBins& bins() const { return *bins_; }
  uint64_t num_rows() const { return num_rows_; }
  uint64_t missing() const { return counts_.nans; }
  /// Of what is there; 0 when nothing is.
  double min() const;
  double max() const;
  Distribution distribution() const;
  /// Of finite numbers; NaN unless asked for. Sums of eight rows side by side, in the order of the
  /// rows: the same for any batches and on every CPU.
  double mean() const;
  double deviation() const;

 private:
  void list();
  void add_moments(const double* values, uint64_t count, uint64_t first_row);

  std::shared_ptr<const DriftBins> bins_;
  BinCounts counts_;
  // What no bin holds: below the first edge, and everything else. Exact while it is little.
  NumberProfile below_;
  NumberProfile others_;
  std::optional<MomentSums> sums_;
  double center_ = 0;
  uint64_t num_rows_ = 0;
};

}  // namespace mainspring
