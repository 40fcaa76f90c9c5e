// Rows for ids of any value that come as they come: new ids get rows while there is room, then
// those that were seen least give theirs up.
//
// One thread; what comes out follows from the ids and their order alone.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mainspring::train {

/// What assign() did.
struct Assigned {
  std::vector<int64_t> fresh_rows;  // rows given to new ids, in the order of their first places
  std::vector<int64_t> fresh_ids;
  int64_t num_evicted = 0;
  int64_t num_new = 0;   // different new ids
  bool has_room = true;  // false: nothing has been changed
};

/// Row 0 belongs to ids without a row; others have rows from 1 on.
class DynamicIds {
 public:
  /// The row of each id, or 0.
  void find(std::span<const int64_t> ids, int64_t* rows) const;

  /// The row of each id, and rows for those that have none. Every place counts as a sight of its
  /// id. When rows [1, max_rows) do not suffice, ids seen least are evicted (among equals those
  /// whose last call lies furthest back, then lower rows), at least a sixteenth of all at once, and
  /// the counts of those that stay are halved, so that what was popular once does not stay for
  /// ever. Ids of this call and of calls from number `keep_from` on stay.
  Assigned assign(std::span<const int64_t> ids, int64_t max_rows, int64_t keep_from, int64_t* rows);

  int64_t num_ids() const { return num_ids_; }
  /// One above the highest row that was ever given.
  int64_t num_rows() const { return static_cast<int64_t>(entries_.size()); }
  int64_t num_calls() const { return num_calls_; }

  /// Three numbers a row, from row 0 on: id, count (0: the row is free) and the last call.
  std::vector<int64_t> state() const;
  /// False when the numbers are no state; then nothing has been changed.
  bool restore(std::span<const int64_t> numbers, int64_t num_calls);

 private:
  struct Entry {
    int64_t id = 0;
    int64_t count = 0;
    int64_t last_call = 0;
  };

  uint64_t slot_of(int64_t id) const;
  int64_t row_of(int64_t id) const;
  void put(int64_t id, int64_t row);
  void rebuild(uint64_t num_entries);
  int64_t evict(int64_t needed, int64_t keep_from);
  void list_free_rows();

  std::vector<Entry> entries_ = std::vector<Entry>(1);  // by row
  std::vector<uint32_t> slots_ =
      std::vector<uint32_t>(16);    // rows by hash, linear probing; 0: none
  std::vector<int64_t> free_rows_;  // descending: the lowest is taken first
  int64_t num_ids_ = 0;
  int64_t num_calls_ = 0;
};

/// Values in [-scale, scale) for rows of ids: each by the hash of seed, id and column.
void draw_rows_of_ids(std::span<const int64_t> ids, int64_t width, uint64_t seed, float scale,
                      float* out);

}  // namespace mainspring::train
