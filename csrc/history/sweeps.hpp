// The aggregates that sweeps keep: each takes events in and gives them back, and says its value.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "history/binned_quantile.hpp"
#include "history/event_words.hpp"
#include "history/ewm_sum.hpp"
#include "runtime/core/window_sum.hpp"

namespace mainspring {

inline constexpr double kNullFeature = std::numeric_limits<double>::quiet_NaN();

/// Where a feature's values go; null: nobody asked.
struct FeatureOut {
  double* values = nullptr;
  void put(uint32_t request, double value) const {
    if (values != nullptr) values[request] = value;
  }
};

/// How many events, or values that are there.
struct CountSweep {
  const EventView& events;
  uint32_t word;  // 0: of events
  FeatureOut out;
  uint64_t count = 0;

  bool counts(uint32_t event) const {
    if (word == 0) return true;
    const double value = events.number(word, event);
    return value == value;
  }
  void add(uint32_t event) { count += counts(event) ? 1 : 0; }
  void remove(uint32_t event) { count -= counts(event) ? 1 : 0; }
  void put(uint32_t request, int64_t) { out.put(request, static_cast<double>(count)); }
};

/// Sum and mean, and with kSquares the deviation.
template <bool kSquares>
struct MomentSweep {
  const EventView& events;
  uint32_t word;
  int32_t exponent;
  FeatureOut sum_out, mean_out, std_out;
  uint64_t count = 0;
  WindowSum sum{};
  WindowSquares squares{};

  void add(uint32_t event) {
    GridInteger value = 0;
    if (!to_grid(events.number(word, event), exponent, &value)) return;
    ++count;
    sum.add(value);
    if constexpr (kSquares) squares.add(value);
  }
  void remove(uint32_t event) {
    GridInteger value = 0;
    if (!to_grid(events.number(word, event), exponent, &value)) return;
    --count;
    sum.subtract(value);
    if constexpr (kSquares) squares.subtract(value);
  }
  void put(uint32_t request, int64_t) {
    sum_out.put(request, sum.value(exponent));
    mean_out.put(request, count == 0 ? kNullFeature : sum.mean(count, exponent));
    if constexpr (kSquares) {
      std_out.put(request, count < 2 ? kNullFeature : squares.deviation(count, sum, exponent));
    }
  }
};

/// The smallest or largest value: a staircase of events, each better than all that are later, which
/// also takes events that come late.
template <bool kIsMin>
struct ExtremeSweep {
  const EventView& events;
  uint32_t word;
  FeatureOut out;
  std::vector<uint32_t>& stairs;
  size_t head = 0;

  double value(uint32_t event) const { return events.number(word, event); }
  static bool is_as_good(double a, double b) { return kIsMin ? a <= b : a >= b; }

  void add(uint32_t event) {
    const double mine = value(event);
    if (mine != mine) return;
    size_t after = stairs.size();
    while (after > head && stairs[after - 1] > event) --after;
    if (after < stairs.size() && is_as_good(value(stairs[after]), mine)) return;
    size_t place = after;
    while (place > head && is_as_good(mine, value(stairs[place - 1]))) --place;
    if (place == stairs.size()) {
      stairs.push_back(event);
    } else if (place == after) {
      stairs.insert(stairs.begin() + static_cast<ptrdiff_t>(place), event);
    } else {
      stairs[place] = event;
      stairs.erase(stairs.begin() + static_cast<ptrdiff_t>(place) + 1,
                   stairs.begin() + static_cast<ptrdiff_t>(after));
    }
  }
  void remove(uint32_t event) {
    if (head < stairs.size() && stairs[head] == event) ++head;
    if (head == stairs.size()) {
      stairs.clear();
      head = 0;
    }
  }
  void put(uint32_t request, int64_t) {
    out.put(request, head == stairs.size() ? kNullFeature : value(stairs[head]) + 0.0);
  }
};

/// The last value, or the time since the last event.
struct LastSweep {
  const EventView& events;
  uint32_t word;  // 0: any event counts, and its age is the result
  FeatureOut out;
  uint32_t last = UINT32_MAX;

  void add(uint32_t event) {
    if (word != 0) {
      const double value = events.number(word, event);
      if (value != value) return;
    }
    if (last == UINT32_MAX || event > last) last = event;
  }
  // Events leave in their order: when the last one does, there is none before it.
  void remove(uint32_t event) {
    if (event == last) last = UINT32_MAX;
  }
  void put(uint32_t request, int64_t at) {
    if (last == UINT32_MAX) return out.put(request, kNullFeature);
    if (word != 0) return out.put(request, events.number(word, last));
    const uint64_t age = static_cast<uint64_t>(at) - static_cast<uint64_t>(events.time(last));
    out.put(request, static_cast<double>(age) / 1e6);
  }
};

/// The first value: all events that are in, in their order.
struct FirstSweep {
  const EventView& events;
  uint32_t word;
  FeatureOut out;
  std::vector<uint32_t>& line;
  size_t head = 0;

  void add(uint32_t event) {
    const double value = events.number(word, event);
    if (value != value) return;
    size_t place = line.size();
    while (place > head && line[place - 1] > event) --place;
    line.insert(line.begin() + static_cast<ptrdiff_t>(place), event);
  }
  void remove(uint32_t event) {
    if (head < line.size() && line[head] == event) ++head;
    if (head == line.size()) {
      line.clear();
      head = 0;
    }
  }
  void put(uint32_t request, int64_t) {
    out.put(request, head == line.size() ? kNullFeature : events.number(word, line[head]));
  }
};

/// Different categories, which are numbers here.
struct DistinctSweep {
  const EventView& events;
  uint32_t word;
  uint64_t flag;
  FeatureOut out;
  std::vector<uint32_t>& counts;
  uint64_t distinct = 0;
  static constexpr bool kMustEmpty = true;  // the next key counts on

  void add(uint32_t event) {
    if ((events.word(1, event) & flag) == 0) return;
    distinct += counts[events.word(word, event)]++ == 0 ? 1 : 0;
  }
  void remove(uint32_t event) {
    if ((events.word(1, event) & flag) == 0) return;
    distinct -= --counts[events.word(word, event)] == 0 ? 1 : 0;
  }
  void put(uint32_t request, int64_t) { out.put(request, static_cast<double>(distinct)); }
};

/// A quantile on fixed edges: a count for each bin.
struct BinnedSweep {
  const EventView& events;
  uint32_t word;
  std::span<const double> edges;
  double share;
  FeatureOut out;
  std::vector<uint32_t>& bins;  // zeros, one more than edges

  void add(uint32_t event) {
    const double value = events.number(word, event);
    if (value == value) ++bins[quantile_bin(edges, value)];
  }
  void remove(uint32_t event) {
    const double value = events.number(word, event);
    if (value == value) --bins[quantile_bin(edges, value)];
  }
  void put(uint32_t request, int64_t) { out.put(request, binned_quantile(bins, edges, share)); }
};

/// Means of weights that halve.
struct EwmSweep {
  const EventView& events;
  uint32_t word;
  int32_t exponent;
  int64_t half_life, lag;
  FeatureOut out;
  std::vector<EwmBucket> buckets{};  // ascending

  EwmBucket& bucket(int64_t number) {
    const auto place =
        std::partition_point(buckets.begin(), buckets.end(),
                             [&](const EwmBucket& other) { return other.bucket < number; });
    if (place != buckets.end() && place->bucket == number) return *place;
    EwmBucket empty;
    empty.bucket = number;
    return *buckets.insert(place, empty);
  }
  void add(uint32_t event) {
    GridInteger value = 0;
    if (!to_grid(events.number(word, event), exponent, &value)) return;
    const EwmPlace place = ewm_place(events.time(event), half_life);
    bucket(place.bucket).add(place.weight, value);
  }
  void remove(uint32_t event) {
    GridInteger value = 0;
    if (!to_grid(events.number(word, event), exponent, &value)) return;
    const EwmPlace place = ewm_place(events.time(event), half_life);
    bucket(place.bucket).subtract(place.weight, value);
  }
  void put(uint32_t request, int64_t at) {
    const int64_t seen = at < INT64_MIN + lag ? INT64_MIN : at - lag;
    const int64_t oldest = oldest_ewm_bucket(seen, half_life);
    EwmMean mean;
    for (size_t i = buckets.size(); i > 0 && buckets[i - 1].bucket >= oldest; --i) {
      mean.add(buckets[i - 1]);
    }
    out.put(request, mean.value(exponent));
  }
};

}  // namespace mainspring
