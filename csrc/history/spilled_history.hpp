// History features of tables that do not fit in memory: rows go to temporary files by a hash of
// their key, then each file is computed as a table would be; one that is too large is cut in time.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "history/offline_history.hpp"
#include "history/spill_file.hpp"

namespace mainspring {

struct SpillOptions {
  std::string folder;      // of temporary files
  uint32_t num_parts = 0;  // from 1 on
  uint64_t max_bytes = 0;  // of what is computed at once
};

/// All events and all requests come first, then compute(), then results in the order of requests.
class SpilledHistory {
 public:
  /// Throws Error(kNotFitted) for a plan without grids, Error(kFile).
  SpilledHistory(HistoryPlan plan, const SpillOptions& options);

  void add_events(const Table& events);
  void add_requests(const Table& requests, const RequestColumns& columns);
  /// Throws Error(kData) when max_bytes is too little for a part that cannot be cut in time, since
  /// its events are in no order of time or a feature sees all of them.
  void compute();
  /// Fills out[feature][row] for the next `num_rows` requests.
  void read(uint64_t num_rows, double* const* out);

  const HistoryPlan& plan() const { return plan_; }
  const HistoryCounts& counts() const { return counts_; }
  /// The most that was needed at once, of what max_bytes bounds; how many pieces there were.
  uint64_t most_bytes() const { return most_bytes_; }
  uint64_t num_pieces() const { return runs_.size(); }

 private:
  /// Where the events from some time on begin.
  struct Mark {
    int64_t time;
    uint64_t offset, event;
  };
  struct Part {
    explicit Part(const std::string& folder) : events(folder), requests(folder) {}
    SpillFile events, requests;
    uint64_t num_events = 0, num_requests = 0;
    bool is_sorted = true;
    int64_t latest = INT64_MIN;
    std::vector<Mark> marks;
  };
  /// Requests in (after, until], and the events that they see.
  struct Slice {
    int64_t after, until;
    uint64_t offset, num_events;
  };
  /// Results in ascending order of rows.
  struct Run {
    SpillReader reader;
    uint64_t row;  // the next; UINT64_MAX: none
  };

  Part& part_of(std::string_view key);
  uint64_t event_size() const;
  uint64_t request_size() const;
  std::vector<Slice> slices_of(const Part& part) const;
  void compute_slice(const Part& part, const Slice& slice);
  void next_row(Run* run) const;

  HistoryPlan plan_;
  SpillOptions options_;
  std::vector<std::unique_ptr<Part>> parts_;
  SpillFile results_;
  std::vector<std::pair<uint64_t, uint64_t>> run_ends_;
  std::vector<Run> runs_;
  std::vector<double> empty_;
  HistoryCounts counts_;
  uint64_t num_rows_ = 0, next_row_ = 0, most_bytes_ = 0;
};

}  // namespace mainspring
