// Features of one key at many moments, in one sweep over its events: every event enters once and
// leaves once, whatever the windows' lengths.
#pragma once
#include <cstdint>
#include <vector>

#include "history/scan_events.hpp"

namespace mainspring {

/// The moments of one key, ascending.
struct RequestView {
  const int64_t* at = nullptr;
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

  /// Every feature: out[feature][request].
  void features(const EventView& events, const RequestView& requests, double* const* out);

 private:
  void set_ranges(const EventView& events, const RequestView& requests, const FeatureGroup& group);
  void order_by_entry(const EventView& events, const FeatureGroup& group);
  void sweep_group(const EventView& events, const RequestView& requests, const FeatureGroup& group,
                   double* const* out);

  const HistoryPlan& plan_;
  const std::vector<FeatureGroup>& groups_;
  std::vector<FeatureGroup> swept_;             // of each group what has a sweep
  std::vector<std::vector<uint32_t>> scanned_;  // and the features that have none
  EventScanner scanner_;
  SweepRanges ranges_;
  std::vector<int64_t> entries_;
  std::vector<std::vector<uint32_t>> counts_;  // of each code of a category
  std::vector<uint32_t> stairs_, bins_;
  std::vector<uint8_t> is_done_;
};

}  // namespace mainspring
