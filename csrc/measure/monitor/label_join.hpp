// Which predictions and which labels belong together: joined by id within a window of time, each id
// once. It remembers ids, times and numbers of rows; what the rows hold is kept by whoever calls.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "measure/monitor/row_ids.hpp"

namespace mainspring {

enum class JoinSide : uint8_t { kPrediction = 0, kLabel = 1 };

/// Rows by what became of them.
struct JoinCounts {
  uint64_t joined = 0;
  uint64_t duplicates = 0;
  uint64_t unlabelled = 0;  // predictions that waited too long, or were dropped
  uint64_t unmatched = 0;   // labels that did
  uint64_t late = 0;        // rows that were past the window when they came
  uint64_t dropped = 0;     // ids that were forgotten for want of room
};

/// Rows of a batch that were joined, in its order: by `rows` of the batch and `kept` of the other
/// side. The label came so many microseconds after the prediction.
struct JoinedRows {
  std::vector<uint64_t> rows;
  std::vector<uint64_t> kept;
  std::vector<int64_t> delays;
};

/// Memory: about 100 bytes for each id that waits or was joined within the window.
class LabelJoin {
 public:
  /// How long rows wait, in microseconds; how many ids are remembered at a time.
  LabelJoin(int64_t window, uint64_t max_ids) : window_(window), max_ids_(max_ids) {}

  /// Takes rows of one side at times in microseconds. The row i of them that waits has the number
  /// num_kept(side) + i, with the num_kept of before. Throws Error(kSchema) where ids are of
  /// another kind than those before, and is then as it was.
  JoinedRows add(JoinSide side, const RowIds& rows, std::span<const int64_t> times);

  /// Rows of one side that were ever kept since the last `renumber`, and those of them that wait.
  uint64_t num_kept(JoinSide side) const { return owners_[index_of(side)].size(); }
  uint64_t num_waiting(JoinSide side) const { return num_waiting_[index_of(side)]; }
  /// The numbers of the rows that wait, ascending; they are 0, 1, 2 ... from here on.
  std::vector<uint64_t> renumber(JoinSide side);

  const JoinCounts& counts() const { return counts_; }
  /// Equal for equal states. Rows are renumbered before: whoever holds them calls that first.
  std::vector<uint8_t> to_bytes();
  /// Throws Error(kBundleCorrupt).
  static LabelJoin from_bytes(std::string_view bytes);

 private:
  enum class State : uint8_t { kPrediction = 0, kLabel = 1, kJoined = 2 };
  struct Entry {
    int64_t time;
    uint64_t number;  // of the row that waits
    State state;
  };
  struct Due {
    int64_t time;
    RowId id;
    auto operator<=>(const Due&) const = default;
  };
  struct IdBits {
    size_t operator()(const RowId& id) const { return id.high ^ id.low; }
  };
  static size_t index_of(JoinSide side) { return static_cast<size_t>(side); }

  bool is_past(int64_t time) const {
    return (has_rows_ && time < horizon_) || time <= dropped_until_;
  }
  void move_horizon(int64_t time);
  bool forget(const Due& due);
  void forget_oldest();
  void compact_queue();

  int64_t window_;
  uint64_t max_ids_;
  IdKind kind_ = IdKind::kNone;
  bool has_rows_ = false;
  int64_t horizon_ = 0;  // rows of before are past
  int64_t dropped_until_ = std::numeric_limits<int64_t>::min();
  std::array<std::vector<RowId>, 2> owners_;  // of each row that was kept, by its number
  std::array<uint64_t, 2> num_waiting_{};
  JoinCounts counts_;
  std::unordered_map<RowId, Entry, IdBits> entries_;
  // Every entry is in it with its time; those of before it was joined are skipped.
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
};

}  // namespace mainspring
