// The smallest and the largest value of a stream, exactly, and whether one was infinite.
#pragma once
#include <cstdint>
#include <limits>
#include <string_view>

#include "fit/transforms/feature.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {

/// Missing values are skipped, infinite ones remembered with the first of their rows.
class Extremes {
 public:
  void update(const FitTile& tile);
  void update_repeated(const FitTile& one_row, uint64_t count);
  void merge(const Extremes& other);
  void write(StateWriter& writer) const;
  void read(StateReader& reader);

  /// Throws Error(kData), naming row and column, when an infinity was among the values.
  void check_finite(std::string_view transform, const Feature& in) const;
  /// For what takes infinities as they come: their first row would depend on the order of shards.
  void forget_infinities() {
    infinite_ = false;
    first_infinite_row_ = UINT64_MAX;
  }
  /// No finite value.
  bool empty() const { return !(smallest_ <= largest_); }
  /// Of the finite values; 0 where there is none.
  double smallest() const { return empty() ? 0 : smallest_; }
  double largest() const { return empty() ? 0 : largest_; }

 private:
  void add(double value);

  double smallest_ = std::numeric_limits<double>::infinity();
  double largest_ = -std::numeric_limits<double>::infinity();
  bool infinite_ = false;
  uint64_t first_infinite_row_ = UINT64_MAX;
};

/// Throws Error(kData): the values lie further apart than float64 can say.
[[noreturn]] void fail_wide(std::string_view transform, const Feature& in);

}  // namespace mainspring
