// Features of a key with many events at one moment, with the bits of EventScanner: from its blocks,
// and a look at the events of those that a window cuts or of which not all are known.
#pragma once
#include <vector>

#include "history/event_blocks.hpp"
#include "history/scan_events.hpp"
#include "history/seen_words.hpp"

namespace mainspring {

class BlockScanner {
 public:
  /// All must outlive the scanner.
  BlockScanner(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups,
               const BlockLayout& layout);

  /// As EventScanner::features(). Exact quantiles and last rows look at events alone.
  void features(const EventView& events, const EventBlocks& blocks, int64_t at, double* out);

 private:
  /// Events of one block, as numbers within it.
  struct Part {
    uint32_t block;
    uint32_t start;  // of the block, among the events
    uint32_t first, end;
    bool is_whole;
  };
  /// What a group asks for.
  struct Wanted {
    bool categories = false, quantiles = false;
    bool parts = false;  // of blocks; what looks at its events or counts alone needs none
    bool newest = true;  // nothing but the time since the last event
  };

  /// Chooses events at [first, end) of a group's view.
  void cover(const EventView& events, const EventBlocks& blocks, uint32_t first, uint32_t end);
  /// When the session among the events at [first, end) began that goes on at `now`; `now`: there is
  /// none.
  int64_t session_start(const EventView& events, const EventBlocks& blocks, uint32_t first,
                        uint32_t end, int64_t now, uint64_t gap) const;
  void choose_rows(const EventView& events, const EventBlocks& blocks, uint32_t first, uint32_t end,
                   uint32_t rows);
  bool is_visible(const EventView& events, uint32_t event) const;
  double value(const EventView& events, const EventBlocks& blocks, uint32_t feature);
  const ValuePart& total(const EventView& events, const EventBlocks& blocks, uint32_t part);
  double outermost(const EventView& events, const EventBlocks& blocks, uint32_t part,
                   bool is_first) const;
  uint64_t num_covered(const EventBlocks& blocks) const;
  double since_last(const EventView& events, const EventBlocks& blocks) const;
  double averaged_by_age(const EventView& events, const EventBlocks& blocks,
                         const HistoryFeature& feature, uint32_t part);
  double distinct(const EventView& events, const EventBlocks& blocks, uint32_t part);
  double binned(const EventView& events, const EventBlocks& blocks, const HistoryFeature& feature,
                uint32_t part);

  const HistoryPlan& plan_;
  const std::vector<FeatureGroup>& groups_;
  const BlockLayout& layout_;
  EventScanner scanner_;
  std::vector<Wanted> wanted_;    // of each group
  std::vector<Part> parts_;       // ascending
  std::vector<uint32_t> looked_;  // visible events outside of whole blocks, ascending
  std::vector<ValuePart> totals_;
  std::vector<uint8_t> is_total_;
  std::vector<uint32_t> chosen_, bins_;
  SeenWords seen_;
  uint32_t view_ = 0;
  bool sees_all_ = false;  // the view: events at once, without a condition
  int64_t at_ = 0;
  uint32_t first_ = 0, end_ = 0;  // events of the window
  bool counts_categories_ = false;
};

}  // namespace mainspring
