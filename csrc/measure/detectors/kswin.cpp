// KSWIN: the newest values against a sample of older ones, by Kolmogorov and Smirnov.
#include <algorithm>
#include <cmath>

#include "measure/detectors/detector.hpp"
#include "measure/drift/ks_two_sample.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

// The window is kept in order, so that a step costs one search, one move and one walk over it. The
// p-value is never computed: what counts is the smallest distance whose p-value is low enough.
struct Kswin {
  static constexpr std::string_view kName = "kswin";
  static constexpr std::string_view kSummary =
      "KSWIN: the newest values of a window differ from a random sample of its older ones, by the "
      "Kolmogorov-Smirnov test.";
  static constexpr DetectorInput kInput = DetectorInput::kAny;
  static constexpr DetectorNotes kNotes{
      .formula =
          "ks of the newest `recent` values and as many drawn from the others of the window of "
          "`window` values, without replacement; drift when it is above 0.1 and its exact p-value "
          "is at most alpha; the newest values then begin the next window",
      .source = "C. Raab, M. Heusinger and F.-M. Schleif 2020, doi:10.1016/j.neucom.2019.11.111",
  };
  static constexpr std::array kParams{
      DetectorParam{"alpha", "level of the test", 0.005, 0, 1},
      DetectorParam{"window", "values of the window", 100, 4, 10000, true},
      DetectorParam{"recent", "newest values of it, at most half of them", 30, 2, 5000, true},
      DetectorParam{"seed", "of the sample", 0, 0, 9007199254740992.0, true},
  };

  explicit Kswin(std::span<const double> params)
      : size(static_cast<uint32_t>(params[1])),
        recent(static_cast<uint32_t>(params[2])),
        seed(static_cast<uint64_t>(params[3])),
        values(size, 0),
        drawn(size, 0) {
    order.reserve(size + 1);
    critical = recent + 1;
    for (uint32_t h = recent; h > 0; --h) {
      const double d = static_cast<double>(h) / recent;
      if (d <= 0.1 || ks_two_sample_p(recent, recent, d) > params[0]) break;
      critical = h;
    }
  }

  Signal push(double value) {
    if (order.size() == size) remove(next);
    values[next] = value;
    const auto place = std::upper_bound(order.begin(), order.end(), value,
                                        [this](double v, uint32_t i) { return v < values[i]; });
    order.insert(place, next);
    next = next + 1 == size ? 0 : next + 1;
    if (order.size() < size) return Signal::kNone;
    draw();
    if (distance() < critical) return Signal::kNone;
    keep_recent();
    return Signal::kDrift;
  }

  void remove(uint32_t slot) {
    const double value = values[slot];
    auto place = std::lower_bound(order.begin(), order.end(), value,
                                  [this](uint32_t i, double v) { return values[i] < v; });
    while (*place != slot) ++place;
    order.erase(place);
  }

  // Floyd's sample (1987): `recent` of the older slots, each set as likely. Slots are counted from
  // the oldest, which is `next` when the window is full.
  void draw() {
    const uint32_t older = size - recent;
    std::fill(drawn.begin(), drawn.end(), 0);
    for (uint32_t i = 0; i < recent; ++i) drawn[slot_of(older + i)] = 2;
    for (uint32_t j = older - recent; j < older; ++j) {
      const uint64_t random = hash_u64(seed + 0x9E3779B97F4A7C15ull * ++draws);
      const auto pick = static_cast<uint32_t>((random >> 32) * (j + 1) >> 32);
      const uint32_t slot = slot_of(pick);
      drawn[drawn[slot] == 0 ? slot : slot_of(j)] = 1;
    }
  }
  uint32_t slot_of(uint32_t age) const {
    const uint32_t slot = next + age;
    return slot >= size ? slot - size : slot;
  }

  // Of the distribution functions, times `recent`.
  uint32_t distance() const {
    static constexpr std::array<int, 3> kStep{0, 1, -1};
    int gap = 0;
    int largest = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      gap += kStep[drawn[order[i]]];
      const bool last = i + 1 == order.size() || values[order[i + 1]] != values[order[i]];
      const int far = std::abs(gap);
      largest = last && far > largest ? far : largest;
    }
    return static_cast<uint32_t>(largest);
  }

  void keep_recent() {
    std::vector<double> newest(recent);
    for (uint32_t i = 0; i < recent; ++i) newest[i] = values[slot_of(size - recent + i)];
    order.clear();
    next = 0;
    for (const double value : newest) {
      values[next] = value;
      const auto place = std::upper_bound(order.begin(), order.end(), value,
                                          [this](double v, uint32_t i) { return v < values[i]; });
      order.insert(place, next++);
    }
  }

  template <class Visit>
  void visit(const Visit& field) {
    field(next);
    field(draws);
    field(values);
    field(order);
  }
  bool sound() const {
    if (next >= size || values.size() != size || order.size() > size) return false;
    std::vector<uint8_t> there(size, 0);
    for (size_t i = 0; i < order.size(); ++i) {
      if (order[i] >= size || there[order[i]]++ != 0) return false;
      if (!std::isfinite(values[order[i]])) return false;
      if (i > 0 && values[order[i - 1]] > values[order[i]]) return false;
    }
    // A window that is not full began at slot 0.
    if (order.size() == size) return true;
    return next == order.size() &&
           std::all_of(order.begin(), order.end(), [this](uint32_t slot) { return slot < next; });
  }

  uint32_t size, recent;
  uint64_t seed;
  uint32_t critical = 0;  // the smallest distance that is drift
  uint32_t next = 0;      // slot of the value to come
  uint64_t draws = 0;
  std::vector<double> values;   // by slot
  std::vector<uint32_t> order;  // slots by value
  std::vector<uint8_t> drawn;   // 1: of the sample, 2: of the newest
};

}  // namespace

extern constinit const DetectorEntry kKswin = detector_of<Kswin>();

}  // namespace mainspring
