// The meaning of every frame and aggregate, in its plainest form.
#include "history/scan_events.hpp"

#include <algorithm>
#include <limits>

#include "history/calendar.hpp"
#include "history/ewm_sum.hpp"
#include "runtime/core/window_sum.hpp"

namespace mainspring {

namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

/// a - b, at least the smallest int64; b >= 0.
int64_t back(int64_t a, int64_t b) { return a < INT64_MIN + b ? INT64_MIN : a - b; }

/// One NaN for all.
double or_null(double value) { return value == value ? value : kNull; }

}  // namespace

uint32_t first_at_or_after(const EventView& events, int64_t time) {
  uint32_t low = 0, high = events.count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (events.time(middle) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

TimeRange frame_range(const HistoryPlan& plan, const HistoryFrame& frame, int64_t at) {
  int64_t first = INT64_MIN;
  if (frame.kind == FrameKind::kTime) first = back(back(at, frame.lag), frame.width);
  int64_t end = INT64_MIN;
  if (frame.kind == FrameKind::kCalendar) {
    calendar_range(plan.zones[frame.zone], frame, at, &first, &end);
  } else {
    end = back(at, frame.lag);
  }
  if (plan.ttl != kUnlimited) first = std::max(first, back(at, plan.ttl));
  return {first, end};
}

void EventScanner::choose(const EventView& events, const FeatureGroup& group, int64_t at) {
  chosen_.clear();
  const HistoryFrame& frame = group.frame;
  const TimeRange range = frame_range(plan_, frame, at);
  const uint32_t first = first_at_or_after(events, range.first);
  const uint32_t end = first_at_or_after(events, range.end);
  const uint32_t known_word =
      group.available == kNoColumn ? 0 : plan_.available_word(group.available);
  const uint64_t flag = group.condition == kNoColumn ? 0 : plan_.condition_flag(group.condition);
  int64_t newer = range.end;
  for (uint32_t event = end; event > first;) {
    --event;
    if (known_word != 0 && events.moment(known_word, event) > at) continue;
    if (flag != 0 && (events.word(1, event) & flag) == 0) continue;
    const int64_t time = events.time(event);
    if (frame.kind == FrameKind::kSession && time < back(newer, frame.width)) break;
    newer = time;
    chosen_.push_back(event);
    if (frame.kind == FrameKind::kRows && chosen_.size() == frame.rows) break;
  }
  std::reverse(chosen_.begin(), chosen_.end());
}

double EventScanner::summed(const EventView& events, const HistoryFeature& feature) const {
  const uint32_t word = plan_.number_word(feature.value);
  const int32_t exponent = plan_.exponents[feature.value];
  WindowSum sum;
  WindowSquares squares;
  uint64_t count = 0;
  for (const uint32_t event : chosen_) {
    GridInteger value = 0;
    if (!to_grid(events.number(word, event), exponent, &value)) continue;
    ++count;
    sum.add(value);
    if (feature.aggregate == Aggregate::kStd) squares.add(value);
  }
  if (feature.aggregate == Aggregate::kSum) return sum.value(exponent);
  if (feature.aggregate == Aggregate::kMean) return count == 0 ? kNull : sum.mean(count, exponent);
  return count < 2 ? kNull : squares.deviation(count, sum, exponent);
}

double EventScanner::averaged_by_age(const EventView& events, const HistoryFeature& feature,
                                     int64_t at) const {
  const uint32_t word = plan_.number_word(feature.value);
  const int32_t exponent = plan_.exponents[feature.value];
  const auto half_life = static_cast<int64_t>(feature.parameter);
  const int64_t oldest = oldest_ewm_bucket(back(at, feature.frame.lag), half_life);
  EwmMean mean;
  EwmBucket bucket;
  for (size_t i = chosen_.size(); i > 0; --i) {
    GridInteger value = 0;
    if (!to_grid(events.number(word, chosen_[i - 1]), exponent, &value)) continue;
    const EwmPlace place = ewm_place(events.time(chosen_[i - 1]), half_life);
    if (place.bucket < oldest) break;
    if (place.bucket != bucket.bucket) {
      mean.add(bucket);  // one without weight adds nothing
      bucket = EwmBucket{};
      bucket.bucket = place.bucket;
    }
    bucket.add(place.weight, value);
  }
  mean.add(bucket);
  return mean.value(exponent);
}

double EventScanner::ranked(const EventView& events, const HistoryFeature& feature) {
  const uint32_t word = plan_.number_word(feature.value);
  values_.clear();
  for (const uint32_t event : chosen_) {
    const double value = events.number(word, event);
    if (value == value) values_.push_back(value);
  }
  if (values_.empty()) return kNull;
  const double rank = feature.parameter * static_cast<double>(values_.size() - 1);
  const auto below = static_cast<size_t>(rank);
  const double share = rank - static_cast<double>(below);
  const auto place = values_.begin() + static_cast<ptrdiff_t>(below);
  std::nth_element(values_.begin(), place, values_.end());
  const double low = *place;
  if (share == 0) return low + 0.0;
  const double high = *std::min_element(place + 1, values_.end());
  return low == high ? low + 0.0 : low * (1 - share) + high * share;
}

double EventScanner::distinct(const EventView& events, const HistoryFeature& feature) {
  const uint32_t word = plan_.category_word(feature.value);
  const uint64_t flag = plan_.category_flag(feature.value);
  words_.clear();
  for (const uint32_t event : chosen_) {
    if ((events.word(1, event) & flag) != 0) words_.push_back(events.word(word, event));
  }
  std::sort(words_.begin(), words_.end());
  return static_cast<double>(std::unique(words_.begin(), words_.end()) - words_.begin());
}

double EventScanner::value(const EventView& events, const HistoryFeature& feature, int64_t at) {
  const uint32_t word = feature.value == kNoColumn ? 0 : plan_.number_word(feature.value);
  switch (feature.aggregate) {
    case Aggregate::kCount: {
      if (feature.value == kNoColumn) return static_cast<double>(chosen_.size());
      uint64_t count = 0;
      for (const uint32_t event : chosen_) {
        const double value = events.number(word, event);
        count += value == value ? 1 : 0;
      }
      return static_cast<double>(count);
    }
    case Aggregate::kSum:
    case Aggregate::kMean:
    case Aggregate::kStd: return summed(events, feature);
    case Aggregate::kMin:
    case Aggregate::kMax: {
      const bool is_min = feature.aggregate == Aggregate::kMin;
      double best = kNull;
      for (const uint32_t event : chosen_) {
        const double value = events.number(word, event);
        if (value != value) continue;
        if (best != best || (is_min ? value < best : value > best)) best = value;
      }
      return best + 0.0;
    }
    case Aggregate::kFirst:
      for (const uint32_t event : chosen_) {
        const double value = events.number(word, event);
        if (value == value) return value;
      }
      return kNull;
    case Aggregate::kLast:
      for (size_t i = chosen_.size(); i > 0; --i) {
        const double value = events.number(word, chosen_[i - 1]);
        if (value == value) return value;
      }
      return kNull;
    case Aggregate::kNunique: return distinct(events, feature);
    case Aggregate::kSinceLast:
      if (chosen_.empty()) return kNull;
      return static_cast<double>(static_cast<uint64_t>(at) -
                                 static_cast<uint64_t>(events.time(chosen_.back()))) /
             1e6;
    case Aggregate::kEwm: return averaged_by_age(events, feature, at);
    case Aggregate::kLag:
      if (chosen_.size() < feature.frame.rows) return kNull;
      return or_null(events.number(word, chosen_.front()));
    case Aggregate::kQuantile: return ranked(events, feature);
  }
  return kNull;
}

void EventScanner::features(const EventView& events, int64_t at, double* out) {
  for (const FeatureGroup& group : groups_) {
    choose(events, group, at);
    for (const uint32_t feature : group.features) {
      out[feature] = value(events, plan_.features[feature], at);
    }
  }
}

}  // namespace mainspring
