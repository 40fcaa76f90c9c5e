// The meaning of every frame and aggregate, in its plainest form.
#include "history/scan_events.hpp"

#include <algorithm>
#include <limits>

#include "history/binned_quantile.hpp"
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
  if (time == INT64_MIN) return 0;
  // Windows mostly end with the newest events: back from there in growing steps, then by halves
  // without a branch on what is found.
  uint32_t high = events.count, step = 1;  // from `high` on none is before the time
  while (step <= high && events.time(high - step) >= time) {
    high -= step;
    step *= 4;
  }
  uint32_t low = step <= high ? high - step + 1 : 0;
  for (uint32_t count = high - low; count > 0;) {
    const uint32_t half = count / 2;
    const bool is_before = events.time(low + half) < time;
    low += is_before ? half + 1 : 0;
    count = is_before ? count - half - 1 : half;
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

EventScanner::EventScanner(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups)
    : plan_(plan),
      groups_(groups),
      has_squares_(plan.numbers.size()),
      totals_(plan.numbers.size()),
      is_total_(plan.numbers.size()) {
  for (const HistoryFeature& feature : plan.features) {
    if (feature.aggregate == Aggregate::kStd) has_squares_[feature.value] = 1;
  }
}

void EventScanner::choose(const std::vector<uint32_t>& chosen) {
  chosen_ = chosen;
  std::fill(is_total_.begin(), is_total_.end(), uint8_t{0});
}

void EventScanner::choose(const EventView& events, const FeatureGroup& group, int64_t at) {
  chosen_.clear();
  std::fill(is_total_.begin(), is_total_.end(), uint8_t{0});
  const HistoryFrame& frame = group.frame;
  const TimeRange range = frame_range(plan_, frame, at);
  const uint32_t first = first_at_or_after(events, range.first);
  const uint32_t end = first_at_or_after(events, range.end);
  const uint32_t known_word =
      group.available == kNoColumn ? 0 : plan_.available_word(group.available);
  const uint64_t flag = group.condition == kNoColumn ? 0 : plan_.condition_flag(group.condition);
  const bool is_newest = std::all_of(group.features.begin(), group.features.end(), [&](uint32_t f) {
    return plan_.features[f].aggregate == Aggregate::kSinceLast;
  });
  const size_t most = frame.kind == FrameKind::kRows ? frame.rows : is_newest ? 1 : SIZE_MAX;
  int64_t newer = range.end;
  for (uint32_t event = end; event > first;) {
    --event;
    if (known_word != 0 && events.moment(known_word, event) > at) continue;
    if (flag != 0 && (events.word(1, event) & flag) == 0) continue;
    const int64_t time = events.time(event);
    if (frame.kind == FrameKind::kSession && time < back(newer, frame.width)) break;
    newer = time;
    chosen_.push_back(event);
    if (chosen_.size() == most) break;
  }
  std::reverse(chosen_.begin(), chosen_.end());
}

const ValuePart& EventScanner::total(const EventView& events, uint32_t number) {
  if (is_total_[number] == 0) {
    is_total_[number] = 1;
    const uint32_t word = plan_.number_word(number);
    const int32_t exponent = plan_.exponents[number];
    const bool has_squares = has_squares_[number] != 0;
    ValuePart sum;
    for (const uint32_t event : chosen_) {
      sum.add(events.number(word, event), exponent, has_squares);
    }
    totals_[number] = sum;
  }
  return totals_[number];
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

double EventScanner::binned(const EventView& events, const HistoryFeature& feature) {
  const uint32_t word = plan_.number_word(feature.value);
  const std::vector<double>& edges = plan_.edges[feature.edges];
  bins_.assign(edges.size() + 1, 0);
  for (const uint32_t event : chosen_) {
    const double value = events.number(word, event);
    if (value == value) ++bins_[quantile_bin(edges, value)];
  }
  return binned_quantile(bins_, edges, feature.parameter);
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
    case Aggregate::kCount:
      if (feature.value == kNoColumn) return static_cast<double>(chosen_.size());
      return static_cast<double>(total(events, feature.value).present);
    case Aggregate::kSum:
      return total(events, feature.value).sum.value(plan_.exponents[feature.value]);
    case Aggregate::kMean: {
      const ValuePart& all = total(events, feature.value);
      return all.count == 0 ? kNull : all.sum.mean(all.count, plan_.exponents[feature.value]);
    }
    case Aggregate::kStd: {
      const ValuePart& all = total(events, feature.value);
      if (all.count < 2) return kNull;
      return all.squares.deviation(all.count, all.sum, plan_.exponents[feature.value]);
    }
    case Aggregate::kMin:
    case Aggregate::kMax: {
      const ValuePart& all = total(events, feature.value);
      if (all.present == 0) return kNull;
      return (feature.aggregate == Aggregate::kMin ? all.smallest : all.largest) + 0.0;
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
    case Aggregate::kQuantile:
      return feature.edges == kNoColumn ? ranked(events, feature) : binned(events, feature);
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
