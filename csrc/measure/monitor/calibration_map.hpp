// Scores made probabilities: shares of positive rows that never fall as the score grows.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mainspring {

/// Rows sorted by score and cut into at most 200 equally filled parts of at least 20 rows.
class ScoreParts {
 public:
  /// `scores` has the score of row i at scores[i * stride].
  ScoreParts(const double* scores, uint64_t num_rows, uint64_t stride);

  uint64_t num_rows() const { return part_of_.size(); }
  uint32_t part_of(uint64_t row) const { return part_of_[row]; }
  uint32_t num_parts() const { return num_parts_; }

 private:
  uint32_t num_parts_ = 0;
  std::vector<uint32_t> part_of_;
};

/// Pool adjacent violators over the parts (M. Ayer, H. D. Brunk, G. M. Ewing, W. T. Reid and E.
/// Silverman 1955, doi:10.1214/aoms/1177728423), straight lines between the means of the pools.
class CalibrationMap {
 public:
  /// Of rows with weights: hits are those with the class. Half a hit and half a miss are added to
  /// each pool, so that no probability is 0 or 1; then pools that fall are pooled again.
  CalibrationMap(std::span<const double> rows, std::span<const double> hits,
                 std::span<const double> score_sums);

  /// In (0, 1); 0.5 where there were no rows.
  double operator()(double score) const;

 private:
  std::vector<double> at_, share_;
};

}  // namespace mainspring
