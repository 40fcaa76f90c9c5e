// Features of one key at one moment, by a look at its events: what online queries of keys with few
// events do, what frames without a sweep do offline, and what sweeps are compared with.
#pragma once
#include <cstdint>
#include <vector>

#include "history/event_words.hpp"
#include "history/value_part.hpp"

namespace mainspring {

/// Which times a frame reaches at a moment: [first, end).
struct TimeRange {
  int64_t first, end;
};
TimeRange frame_range(const HistoryPlan& plan, const HistoryFrame& frame, int64_t at);
/// The first event that is not before a time.
uint32_t first_at_or_after(const EventView& events, int64_t time);

/// Computes aggregates over chosen events, in ascending order of events.
class EventScanner {
 public:
  /// Both must outlive the scanner.
  EventScanner(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups);

  /// Every feature at a moment: NaN is null. out[feature].
  void features(const EventView& events, int64_t at, double* out);
  /// Chooses the visible events of a group.
  void choose(const EventView& events, const FeatureGroup& group, int64_t at);
  /// Takes events that somebody else chose.
  void choose(const std::vector<uint32_t>& chosen);
  /// One feature over the events that were chosen.
  double value(const EventView& events, const HistoryFeature& feature, int64_t at);

 private:
  const ValuePart& total(const EventView& events, uint32_t number);
  double averaged_by_age(const EventView& events, const HistoryFeature& feature, int64_t at) const;
  double ranked(const EventView& events, const HistoryFeature& feature);
  double binned(const EventView& events, const HistoryFeature& feature);
  double distinct(const EventView& events, const HistoryFeature& feature);

  const HistoryPlan& plan_;
  const std::vector<FeatureGroup>& groups_;
  std::vector<uint8_t> has_squares_;  // of each number: somebody asks for a deviation
  std::vector<uint32_t> chosen_;
  std::vector<ValuePart> totals_;  // of each number over what is chosen, once it is asked for
  std::vector<uint8_t> is_total_;
  std::vector<double> values_;
  std::vector<uint64_t> words_;
  std::vector<uint32_t> bins_;
};

}  // namespace mainspring
