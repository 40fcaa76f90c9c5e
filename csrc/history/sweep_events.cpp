// Finds when events enter and leave, then runs each aggregate over that by itself: tight loops, and
// no aggregate pays for another.
#include "history/sweep_events.hpp"

#include <algorithm>
#include <numeric>

#include "history/calendar.hpp"
#include "history/sweeps.hpp"

namespace mainspring {

namespace {

/// Takes events in and out of a sweep and puts its value for each request.
template <class Sweep>
void run_in_order(const SweepRanges& ranges, const RequestView& requests, Sweep& sweep) {
  const uint32_t* order = ranges.order.empty() ? nullptr : ranges.order.data();
  const auto event_at = [order](uint32_t place) { return order == nullptr ? place : order[place]; };
  uint32_t first = 0, end = 0;
  for (uint32_t request = 0; request < requests.count; ++request) {
    const uint32_t new_first = ranges.first[request], new_end = ranges.end[request];
    for (const uint32_t leave = std::min(new_first, end); first < leave; ++first) {
      sweep.remove(event_at(first));
    }
    first = new_first;
    end = std::max(end, new_first);
    for (; end < new_end; ++end) sweep.add(event_at(end));
    sweep.put(request, requests.at[request]);
  }
  if constexpr (requires { Sweep::kMustEmpty; }) {
    for (; first < end; ++first) sweep.remove(event_at(first));
  }
}

template <class Sweep>
void run_by_entry(const SweepRanges& ranges, const RequestView& requests, Sweep& sweep) {
  uint32_t first = 0, end = 0;
  for (uint32_t request = 0; request < requests.count; ++request) {
    for (const uint32_t new_first = ranges.first[request]; first < new_first; ++first) {
      if (ranges.rank[first] < end) sweep.remove(first);
    }
    for (const uint32_t new_end = ranges.end[request]; end < new_end; ++end) {
      if (ranges.order[end] >= first) sweep.add(ranges.order[end]);
    }
    sweep.put(request, requests.at[request]);
  }
  if constexpr (requires { Sweep::kMustEmpty; }) {
    for (; first < ranges.rank.size(); ++first) {
      if (ranges.rank[first] < end) sweep.remove(first);
    }
  }
}

template <class Sweep>
void run(const SweepRanges& ranges, const RequestView& requests, Sweep&& sweep) {
  ranges.in_order ? run_in_order(ranges, requests, sweep) : run_by_entry(ranges, requests, sweep);
}

bool is_moment(Aggregate aggregate) {
  return aggregate == Aggregate::kSum || aggregate == Aggregate::kMean ||
         aggregate == Aggregate::kStd;
}

/// What has no sweep is scanned for each request.
bool is_scanned(const HistoryFeature& feature) {
  return feature.frame.kind == FrameKind::kRows || feature.frame.kind == FrameKind::kSession ||
         (feature.aggregate == Aggregate::kQuantile && feature.edges == kNoColumn);
}

}  // namespace

EventSweeper::EventSweeper(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups,
                           const std::vector<uint32_t>& num_codes)
    : plan_(plan), groups_(groups), scanner_(plan, groups) {
  for (const uint32_t count : num_codes) counts_.emplace_back(count, 0u);
  for (const FeatureGroup& group : groups) {
    swept_.push_back({group.frame, group.available, group.condition, {}});
    std::vector<uint32_t>& scanned = scanned_.emplace_back();
    for (const uint32_t feature : group.features) {
      (is_scanned(plan.features[feature]) ? scanned : swept_.back().features).push_back(feature);
    }
  }
}

void EventSweeper::order_by_entry(const EventView& events, const FeatureGroup& group) {
  const uint32_t word = plan_.available_word(group.available);
  entries_.resize(events.count);
  for (uint32_t event = 0; event < events.count; ++event) {
    // At time + lag it is not yet before the window's end.
    const int64_t time = events.time(event), lag = group.frame.lag;
    int64_t passed = INT64_MAX;
    if (group.frame.kind == FrameKind::kCalendar) {
      passed = calendar_entry(plan_.zones[group.frame.zone], group.frame, time);
    } else if (time < INT64_MAX - lag) {
      passed = time + lag + 1;
    }
    entries_[event] = std::max(passed, events.moment(word, event));
  }
  const auto enters = [&](uint32_t a, uint32_t b) {
    return entries_[a] != entries_[b] ? entries_[a] < entries_[b] : a < b;
  };
  if (!std::is_sorted(ranges_.order.begin(), ranges_.order.end(), enters)) {
    std::sort(ranges_.order.begin(), ranges_.order.end(), enters);
  }
  ranges_.rank.assign(events.count, UINT32_MAX);
  for (uint32_t place = 0; place < ranges_.order.size(); ++place) {
    ranges_.rank[ranges_.order[place]] = place;
  }
}

void EventSweeper::set_ranges(const EventView& events, const RequestView& requests,
                              const FeatureGroup& group) {
  ranges_.in_order = group.available == kNoColumn;
  ranges_.order.clear();
  const uint64_t flag = group.condition == kNoColumn ? 0 : plan_.condition_flag(group.condition);
  if (flag != 0 || !ranges_.in_order) {
    const uint32_t word = group.available == kNoColumn ? 0 : plan_.available_word(group.available);
    for (uint32_t event = 0; event < events.count; ++event) {
      if (flag != 0 && (events.word(1, event) & flag) == 0) continue;
      if (word != 0 && events.moment(word, event) == kNever) continue;
      ranges_.order.push_back(event);
    }
  }
  if (!ranges_.in_order) order_by_entry(events, group);
  ranges_.first.resize(requests.count);
  ranges_.end.resize(requests.count);
  const bool is_listed = flag != 0 && ranges_.in_order;
  const auto num_listed = is_listed ? static_cast<uint32_t>(ranges_.order.size()) : events.count;
  const auto time_at = [&](uint32_t place) {
    return events.time(is_listed ? ranges_.order[place] : place);
  };
  uint32_t first = 0, end = 0;
  for (uint32_t request = 0; request < requests.count; ++request) {
    const int64_t at = requests.at[request];
    const TimeRange range = frame_range(plan_, group.frame, at);
    while (first < num_listed && time_at(first) < range.first) ++first;
    if (ranges_.in_order) {
      while (end < num_listed && time_at(end) < range.end) ++end;
    } else {
      while (end < ranges_.order.size() && entries_[ranges_.order[end]] <= at) ++end;
    }
    ranges_.first[request] = ranges_.in_order ? std::min(first, end) : first;
    ranges_.end[request] = end;
  }
  if (is_listed && ranges_.order.empty()) {  // no event takes part: not all of them
    std::fill(ranges_.first.begin(), ranges_.first.end(), 0u);
    std::fill(ranges_.end.begin(), ranges_.end.end(), 0u);
  }
}

void EventSweeper::sweep_group(const EventView& events, const RequestView& requests,
                               const FeatureGroup& group, double* const* out) {
  is_done_.assign(group.features.size(), 0);
  for (size_t i = 0; i < group.features.size(); ++i) {
    if (is_done_[i] != 0) continue;
    const HistoryFeature& feature = plan_.features[group.features[i]];
    const FeatureOut to{out[group.features[i]]};
    const uint32_t word = feature.value == kNoColumn ? 0 : plan_.number_word(feature.value);
    if (is_moment(feature.aggregate)) {
      FeatureOut outs[3] = {};  // sum, mean, deviation: the first of each kind is swept here
      for (size_t j = i; j < group.features.size(); ++j) {
        const HistoryFeature& other = plan_.features[group.features[j]];
        if (!is_moment(other.aggregate) || other.value != feature.value) continue;
        FeatureOut& place = outs[other.aggregate == Aggregate::kSum    ? 0
                                 : other.aggregate == Aggregate::kMean ? 1
                                                                       : 2];
        if (place.values != nullptr) continue;
        place.values = out[group.features[j]];
        is_done_[j] = 1;
      }
      const int32_t exponent = plan_.exponents[feature.value];
      if (outs[2].values != nullptr) {
        run(ranges_, requests,
            MomentSweep<true>{events, word, exponent, outs[0], outs[1], outs[2]});
      } else {
        run(ranges_, requests,
            MomentSweep<false>{events, word, exponent, outs[0], outs[1], outs[2]});
      }
      continue;
    }
    stairs_.clear();
    switch (feature.aggregate) {
      case Aggregate::kMin:
        run(ranges_, requests, ExtremeSweep<true>{events, word, to, stairs_});
        break;
      case Aggregate::kMax:
        run(ranges_, requests, ExtremeSweep<false>{events, word, to, stairs_});
        break;
      case Aggregate::kFirst: run(ranges_, requests, FirstSweep{events, word, to, stairs_}); break;
      case Aggregate::kLast: run(ranges_, requests, LastSweep{events, word, to}); break;
      case Aggregate::kSinceLast: run(ranges_, requests, LastSweep{events, 0, to}); break;
      case Aggregate::kNunique:
        run(ranges_, requests,
            DistinctSweep{events, plan_.category_word(feature.value),
                          plan_.category_flag(feature.value), to, counts_[feature.value]});
        break;
      case Aggregate::kEwm:
        run(ranges_, requests,
            EwmSweep{events, word, plan_.exponents[feature.value],
                     static_cast<int64_t>(feature.parameter), feature.frame.lag, to});
        break;
      case Aggregate::kQuantile: {
        const std::vector<double>& edges = plan_.edges[feature.edges];
        bins_.assign(edges.size() + 1, 0);
        run(ranges_, requests, BinnedSweep{events, word, edges, feature.parameter, to, bins_});
        break;
      }
      default:
        if (word == 0 && ranges_.in_order) {
          for (uint32_t request = 0; request < requests.count; ++request) {
            to.put(request, ranges_.end[request] - ranges_.first[request]);
          }
          break;
        }
        run(ranges_, requests, CountSweep{events, word, to});
        break;
    }
  }
}

void EventSweeper::features(const EventView& events, const RequestView& requests,
                            double* const* out) {
  for (size_t number = 0; number < groups_.size(); ++number) {
    const FeatureGroup& group = groups_[number];
    const std::vector<uint32_t>& scanned = scanned_[number];
    if (!swept_[number].features.empty()) {
      set_ranges(events, requests, group);
      sweep_group(events, requests, swept_[number], out);
    }
    if (scanned.empty()) continue;
    for (uint32_t request = 0; request < requests.count; ++request) {
      scanner_.choose(events, group, requests.at[request]);
      for (const uint32_t feature : scanned) {
        out[feature][request] =
            scanner_.value(events, plan_.features[feature], requests.at[request]);
      }
    }
  }
}

}  // namespace mainspring
