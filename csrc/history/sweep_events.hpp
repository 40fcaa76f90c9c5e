// Features of one key at many moments, in one sweep over its events: every event enters once and
// leaves once, whatever the windows' lengths.
#pragma once
#include <cstdint>
#include <vector>

#include "history/scan_events.hpp"

namespace mainspring {

/// The moments of one key, ascending, and where the results belong.
struct RequestView {
  const int64_t* at = nullptr;
  const uint32_t* rows = nullptr;
  uint32_t count = 0;
};

/// When events enter and leave a group's window, as positions for each request.
struct SweepRanges {
  bool in_order = true;  // events leave in the order in which they enter
  // in_order: the events that take part, empty for all; requests see those at [first, end).
  // Else: all that take part in the order in which they enter, and request r sees those before
  // end[r] that are not before event first[r]. rank[event] is the place in that order.
  std::vector<uint32_t> order, rank;
  std::vector<uint32_t> first, end;
};

/// What one thread needs; reused from key to key. Bits are those of EventScanner.
class EventSweeper {
 public:
  /// num_codes[category]: the categories of events are numbers below it.
  EventSweeper(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups,
               const std::vector<uint32_t>& num_codes);

  /// Those of some groups: out[feature][request row].
  void features(const EventView& events, const RequestView& requests, size_t first_group,
                size_t end_group, double* const* out);

 private:
  void set_ranges(const EventView& events, const RequestView& requests, const FeatureGroup& group);
  void order_by_entry(const EventView& events, const FeatureGroup& group);
  void sweep_group(const EventView& events, const RequestView& requests, const FeatureGroup& group,
                   double* const* out);

  const HistoryPlan& plan_;
  const std::vector<FeatureGroup>& groups_;
  EventScanner scanner_;
  SweepRanges ranges_;
  std::vector<int64_t> entries_;
  std::vector<std::vector<uint32_t>> counts_;  // of each code of a category
  std::vector<uint32_t> stairs_, bins_;
};

}  // namespace mainspring
