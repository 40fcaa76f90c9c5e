// Features of a key with many events at one moment, with the bits of EventScanner: from its blocks,
// and a look at the events of those that a window cuts or of which not all are known.
#pragma once
#include <vector>

#include "history/event_blocks.hpp"
#include "history/scan_events.hpp"

namespace mainspring {

class BlockScanner {
 public:
  /// All must outlive the scanner.
  BlockScanner(const HistoryPlan& plan, const std::vector<FeatureGroup>& groups,
               const BlockLayout& layout)
      : plan_(plan), groups_(groups), layout_(layout), scanner_(plan, groups) {}

  /// As EventScanner::features(). Quantiles and last rows look at events alone.
  void features(const EventView& events, const EventBlocks& blocks, int64_t at, double* out);

 private:
  /// Events of one block, as numbers within it.
  struct Part {
    const EventBlock* block;
    uint32_t first, end;
    bool is_whole;
  };

  /// Chooses events at [first, end) of a group's view.
  void cover(const EventView& events, const EventBlocks& blocks, uint32_t first, uint32_t end);
  /// The first event of the session that ends at `end`.
  uint32_t session_start(const EventView& events, const EventBlocks& blocks, uint32_t first,
                         uint32_t end, int64_t now, uint64_t gap);
  void choose_rows(const EventView& events, const EventBlocks& blocks, uint32_t first, uint32_t end,
                   uint32_t rows);
  bool is_visible(const EventView& events, uint32_t event) const;
  double value(const EventView& events, const EventBlocks& blocks, uint32_t feature);
  const ValuePart& total(const EventView& events, uint32_t part);
  double outermost(const EventView& events, const EventBlocks& blocks, uint32_t part,
                   bool is_first) const;
  double since_last(const EventView& events, const EventBlocks& blocks) const;
  double averaged_by_age(const EventView& events, const EventBlocks& blocks,
                         const HistoryFeature& feature, uint32_t part);
  double distinct(const EventView& events, const EventBlocks& blocks, uint32_t part);

  const HistoryPlan& plan_;
  const std::vector<FeatureGroup>& groups_;
  const BlockLayout& layout_;
  EventScanner scanner_;
  std::vector<Part> parts_;       // ascending
  std::vector<uint32_t> looked_;  // visible events outside of whole blocks, ascending
  std::vector<ValuePart> totals_;
  std::vector<uint8_t> is_total_;
  uint32_t view_ = 0;
  int64_t at_ = 0, first_time_ = 0;  // of the request; of the window
  bool counts_categories_ = false;
};

}  // namespace mainspring
