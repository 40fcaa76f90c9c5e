// Means of exponentially falling weights in whole half-lives: the weight of an event within its
// half-life is an integer, the ones before it count by exact powers of two. So the order in which
// events come changes no bit, as it does in the usual recursion.
#pragma once
#include <cstdint>
#include <limits>

#include "runtime/core/math.hpp"
#include "runtime/core/window_sum.hpp"

namespace mainspring {

/// Half-lives back from that of the request that still count.
inline constexpr int64_t kEwmBuckets = 64;

/// Where a time lies: floor(time / half-life), and the weight there, from 2^30 to 2^31.
struct EwmPlace {
  int64_t bucket;
  int64_t weight;
};

inline EwmPlace ewm_place(int64_t time, int64_t half_life) {
  const int64_t left = time % half_life;
  const int64_t rest = left < 0 ? left + half_life : left;
  const int64_t bucket = time / half_life - (left < 0 ? 1 : 0);
  constexpr double kLog2 = 0x1.62e42fefa39efp-1;
  const double share = static_cast<double>(rest) / static_cast<double>(half_life);
  return {bucket, static_cast<int64_t>(exp_value(share * kLog2) * 0x1p30 + 0.5)};
}

/// What one half-life holds. A value on the grid has too many bits for a weight beside them, so it
/// is added in two halves of 50.
struct EwmBucket {
  int64_t bucket = 0;
  GridInteger low = 0, high = 0, weight = 0;

  void add(int64_t event_weight, GridInteger value) { move(event_weight, value); }
  void subtract(int64_t event_weight, GridInteger value) { move(-event_weight, value); }

 private:
  void move(int64_t event_weight, GridInteger value) {
    constexpr GridInteger kHalf = GridInteger{1} << 50;
    const GridInteger above = value >> 50;
    low += (value - above * kHalf) * event_weight;
    high += above * event_weight;
    weight += event_weight;
  }
};

/// The oldest bucket that counts at a moment.
inline int64_t oldest_ewm_bucket(int64_t at, int64_t half_life) {
  return ewm_place(at, half_life).bucket - (kEwmBuckets - 1);
}

/// Adds buckets from the newest on, at most kEwmBuckets of them.
class EwmMean {
 public:
  void add(const EwmBucket& bucket) {
    if (bucket.weight == 0) return;
    if (is_empty_) newest_ = bucket.bucket;
    is_empty_ = false;
    const double scale = scale_by_power(1.0, static_cast<int32_t>(bucket.bucket - newest_));
    sum_ += (static_cast<double>(bucket.high) * 0x1p50 + static_cast<double>(bucket.low)) * scale;
    weight_ += static_cast<double>(bucket.weight) * scale;
  }
  double value(int32_t exponent) const {
    if (is_empty_) return std::numeric_limits<double>::quiet_NaN();
    return scale_by_power(sum_ / weight_, exponent);
  }

 private:
  bool is_empty_ = true;
  int64_t newest_ = 0;
  double sum_ = 0, weight_ = 0;
};

}  // namespace mainspring
