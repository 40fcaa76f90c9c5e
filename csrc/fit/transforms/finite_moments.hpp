// Exact count, sum and sum of squares of a stream that must be finite: means and standard
// deviations that no batch size, thread or shard can change, and the row of the first infinity for
// its message.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "fit/transforms/feature.hpp"
#include "host/state_bytes.hpp"
#include "runtime/core/exact_sum.hpp"

namespace mainspring {

/// Differs from a profile's Moments in what a scale needs: the variance is exactly 0 where all
/// values are the same, squares are left out where nobody asks for them, and infinities are an
/// error with a row.
class FiniteMoments {
 public:
  /// `with_squares`: a mean alone does not need them.
  explicit FiniteMoments(bool with_squares = true) : with_squares_(with_squares) {}

  /// Missing values are skipped; infinities are counted and remembered.
  void update(const FitTile& tile);
  void update_repeated(const FitTile& one_row, uint64_t count);
  /// False where one is infinite: its row has to be known.
  bool update_counted(std::span<const double> values, std::span<const uint64_t> counts);
  void merge(const FiniteMoments& other);
  void write(StateWriter& writer) const;
  void read(StateReader& reader);

  uint64_t count() const { return count_; }
  /// Throws Error(kData), naming row and column, when an infinity was among the values, and when
  /// they are too large for float64 sums.
  void check_finite(std::string_view transform, const Feature& in) const;
  /// 0 where there is no value.
  double mean() const;
  /// Of the population (ddof 0). 0 exactly where all values are the same.
  double variance() const;

 private:
  void add_finite(double value, uint64_t count);

  bool with_squares_;
  uint64_t count_ = 0;
  ExactSum sum_;
  ExactSum squares_;
  uint64_t num_infinite_ = 0;
  uint64_t first_infinite_row_ = UINT64_MAX;
};

/// Throws Error(kData) about the first infinite row; UINT64_MAX where it has no number.
[[noreturn]] void fail_infinite(std::string_view transform, const Feature& in, uint64_t first_row);

void write_exact_sum(const ExactSum& sum, StateWriter& writer);
void read_exact_sum(ExactSum* sum, StateReader& reader);

}  // namespace mainspring
