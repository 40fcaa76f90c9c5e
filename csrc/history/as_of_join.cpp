// A merge over both sides in time order with the last row of each key at hand, cut in time over the
// pool; sortedness is checked on the way.
#include "history/as_of_join.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>

#include "history/key_ids.hpp"
#include "history/time_column.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlockRows = 1 << 16;
constexpr uint64_t kAhead = 16;
constexpr uint64_t kRowsOfKey = 16;  // on average, from which on a merge is cut

[[noreturn]] void throw_unsorted(const Table::Column& column, const char* side, uint64_t row) {
  throw Error(ErrorKind::kData, "Column '" + column.name + "' of the " + side + " table, row " +
                                    std::to_string(row) +
                                    ": the time is before that of a row above it, expected rows "
                                    "in ascending order. Sort the table, or pass sort=True.")
      .column(column.name)
      .row(row)
      .expected("times in ascending order")
      .got("an earlier time")
      .hint("Sort the table, or pass sort=True.");
}

void check_sorted(const TimeColumn& times, const Table::Column& column, const char* side) {
  std::atomic<uint64_t> first_bad{UINT64_MAX};
  const uint64_t blocks = (times.num_rows + kBlockRows - 1) / kBlockRows;
  if (times.num_missing != 0) {
    int64_t latest = kNoTime;
    for (uint64_t row = 0; row < times.num_rows; ++row) {
      if (times.values[row] == kNoTime) continue;
      if (times.values[row] < latest) throw_unsorted(column, side, row);
      latest = times.values[row];
    }
    return;
  }
  parallel_for(blocks, [&](uint64_t block, uint32_t) {
    const uint64_t end = std::min(times.num_rows, (block + 1) * kBlockRows);
    for (uint64_t row = std::max<uint64_t>(1, block * kBlockRows); row < end; ++row) {
      if (times.values[row] >= times.values[row - 1]) continue;
      uint64_t before = first_bad;
      while (row < before && !first_bad.compare_exchange_weak(before, row)) continue;
      return;
    }
  });
  if (first_bad != UINT64_MAX) throw_unsorted(column, side, first_bad);
}

/// Rows in the order of their times, equal ones in their own; those without a time left out. Empty:
/// they are in order already.
std::vector<uint32_t> time_order(const TimeColumn& times) {
  if (times.num_missing == 0 && std::is_sorted(times.values, times.values + times.num_rows)) {
    return {};
  }
  std::vector<uint32_t> order;
  order.reserve(times.num_rows);
  for (uint64_t row = 0; row < times.num_rows; ++row) {
    if (times.values[row] != kNoTime) order.push_back(static_cast<uint32_t>(row));
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return times.values[a] < times.values[b]; });
  return order;
}

void check_size(const Table& table, const char* side) {
  if (table.num_rows() < AsOfRows::kNoRow) return;
  throw Error(ErrorKind::kData, std::string("The ") + side + " table has " +
                                    std::to_string(table.num_rows()) +
                                    " rows, expected fewer than 4294967295. Join it in parts.");
}

struct Sides {
  TimeColumn left, right;
};

/// Numbers of keys that lie in arrays; as PlainKeys has them where they are the keys themselves.
struct ListedKeys {
  const uint32_t* requests;
  const uint32_t* events;

  static uint32_t id(uint32_t id) { return id; }
};

/// What a merge goes through: rows of the left at [left_first, left_end), and of the right at
/// [right_first, right_end), before which `last` holds the last row of each key.
struct MergeRange {
  uint64_t left_first = 0, left_end = 0, right_first = 0, right_end = 0;
  uint64_t left_bad = UINT64_MAX, right_bad = UINT64_MAX;  // found: the first row out of order
};

/// `left_at(i)` and `right_at(i)` give row numbers, in order of time where nothing is out of order.
template <class Keys, class LeftAt, class RightAt>
void merge_in_time(const Sides& sides, const Keys& keys, MergeRange* range, bool exact,
                   LeftAt left_at, RightAt right_at, uint32_t* last, uint32_t* hits) {
  const auto before = [](const TimeColumn& times, uint64_t first, auto row_at) {
    return first == 0 ? kNoTime : times.values[row_at(first - 1)];
  };
  int64_t latest_left = before(sides.left, range->left_first, left_at);
  int64_t latest_right = before(sides.right, range->right_first, right_at);
  uint64_t next = range->right_first;
  const auto check_right = [&](uint32_t event, int64_t time) {
    if (time == kNoTime) return;
    if (time < latest_right && range->right_bad == UINT64_MAX) range->right_bad = event;
    latest_right = time;
  };
  for (uint64_t i = range->left_first; i < range->left_end; ++i) {
    const uint32_t row = left_at(i);
    const int64_t at = sides.left.values[row];
    if (at == kNoTime) {
      hits[row] = AsOfRows::kNoRow;
      continue;
    }
    if (at < latest_left) {
      range->left_bad = row;
      return;
    }
    latest_left = at;
    if (i + kAhead < range->left_end) {
      const uint32_t id = keys.id(keys.requests[left_at(i + kAhead)]);
      if (id != kNoKey) __builtin_prefetch(&last[id]);
    }
    for (; next < range->right_end; ++next) {
      const uint32_t event = right_at(next);
      const int64_t time = sides.right.values[event];
      if (exact ? time > at : time >= at) break;
      check_right(event, time);
      const uint32_t id = keys.id(keys.events[event]);
      if (id != kNoKey && time != kNoTime) last[id] = event;
    }
    const uint32_t id = keys.id(keys.requests[row]);
    hits[row] = id == kNoKey ? AsOfRows::kNoRow : last[id];
  }
  for (; next < range->right_end; ++next) {  // after the last row of the left
    check_right(right_at(next), sides.right.values[right_at(next)]);
  }
}

/// Of tables that are to be in order of time: each thread has a part of it. The last row of each
/// key in front of a part is that of the parts before. Returns the first row of either side that is
/// out of order; the hits mean nothing then.
template <class Keys>
MergeRange merge_parts(const Sides& sides, const Keys& keys, size_t num_keys, bool exact,
                       uint32_t* hits) {
  const uint64_t num_left = sides.left.num_rows, num_right = sides.right.num_rows;
  const bool pays = (num_left + num_right) / kRowsOfKey > num_keys && num_left > kBlockRows &&
                    sides.left.num_missing + sides.right.num_missing == 0;
  const uint64_t num_parts = pays ? num_threads() : 1;
  std::vector<MergeRange> parts(num_parts, {0, num_left, 0, num_right});
  for (uint64_t part = 1; part < num_parts; ++part) {
    parts[part].left_first = num_left * part / num_parts;
    const int64_t at = sides.left.values[parts[part].left_first];
    const int64_t* times = sides.right.values;
    const int64_t* first = exact ? std::upper_bound(times, times + num_right, at)
                                 : std::lower_bound(times, times + num_right, at);
    parts[part].right_first = static_cast<uint64_t>(first - times);
    parts[part - 1].left_end = parts[part].left_first;
    parts[part - 1].right_end = parts[part].right_first;
  }
  std::vector<std::vector<uint32_t>> last(num_parts);
  parallel_for(num_parts, [&](uint64_t part, uint32_t) {
    last[part].assign(num_keys, AsOfRows::kNoRow);
    if (part == 0) return;
    uint32_t* mine = last[part].data();
    for (uint64_t row = parts[part - 1].right_first; row < parts[part].right_first; ++row) {
      const uint32_t id = keys.id(keys.events[row]);
      if (id != kNoKey) mine[id] = static_cast<uint32_t>(row);
    }
  });
  for (uint64_t part = 1; part < num_parts; ++part) {
    for (size_t key = 0; key < num_keys; ++key) {
      if (last[part][key] == AsOfRows::kNoRow) last[part][key] = last[part - 1][key];
    }
  }
  const auto same = [](uint64_t row) { return static_cast<uint32_t>(row); };
  parallel_for(num_parts, [&](uint64_t part, uint32_t) {
    merge_in_time(sides, keys, &parts[part], exact, same, same, last[part].data(), hits);
  });
  MergeRange all;
  for (const MergeRange& part : parts) {
    all.left_bad = std::min(all.left_bad, part.left_bad);
    all.right_bad = std::min(all.right_bad, part.right_bad);
  }
  return all;
}

/// The same where rows become known later than they happen: they enter when both are past.
void merge_when_known(const Sides& sides, const KeyIds& keys, const TimeColumn& available,
                      bool exact, const std::vector<uint32_t>& left_order, AsOfRows* result) {
  struct Entry {
    int64_t from;
    uint32_t row;
  };
  std::vector<Entry> entries;
  entries.reserve(sides.right.num_rows);
  for (uint64_t row = 0; row < sides.right.num_rows; ++row) {
    const int64_t time = sides.right.values[row], known = available.values[row];
    if (known == kNoTime) ++result->right_never_available;
    if (time == kNoTime || known == kNoTime || keys.events.data()[row] == kNoKey) continue;
    if (!exact && time == INT64_MAX) continue;
    entries.push_back({std::max(exact ? time : time + 1, known), static_cast<uint32_t>(row)});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.from < b.from; });
  const auto is_later = [&](uint32_t a, uint32_t b) {
    return std::tuple(sides.right.values[a], available.values[a], a) >
           std::tuple(sides.right.values[b], available.values[b], b);
  };
  std::vector<uint32_t> last(keys.num_keys, AsOfRows::kNoRow);
  const uint32_t* left_ids = keys.of_requests();
  const uint64_t num_left = left_order.empty() ? sides.left.num_rows : left_order.size();
  size_t next = 0;
  for (uint64_t i = 0; i < num_left; ++i) {
    const uint32_t row = left_order.empty() ? static_cast<uint32_t>(i) : left_order[i];
    const int64_t at = sides.left.values[row];
    if (at == kNoTime) continue;
    for (; next < entries.size() && entries[next].from <= at; ++next) {
      uint32_t& held = last[keys.events.data()[entries[next].row]];
      if (held == AsOfRows::kNoRow || is_later(entries[next].row, held)) held = entries[next].row;
    }
    if (left_ids[row] != kNoKey) result->rows.data()[row] = last[left_ids[row]];
  }
}

void drop_old(const Sides& sides, int64_t tolerance, uint32_t* hits) {
  const uint64_t num_rows = sides.left.num_rows;
  parallel_for((num_rows + kBlockRows - 1) / kBlockRows, [&](uint64_t block, uint32_t) {
    const uint64_t end = std::min(num_rows, (block + 1) * kBlockRows);
    for (uint64_t row = block * kBlockRows; row < end; ++row) {
      if (hits[row] == AsOfRows::kNoRow) continue;
      const auto age = static_cast<uint64_t>(sides.left.values[row]) -
                       static_cast<uint64_t>(sides.right.values[hits[row]]);
      if (age > static_cast<uint64_t>(tolerance)) hits[row] = AsOfRows::kNoRow;
    }
  });
}

}  // namespace

TimeUnit as_of_unit(const Table& left, const Table& right, const AsOfRequest& request) {
  TimeUnit unit = common_unit(left, request.left_on, right, request.right_on);
  if (request.available < 0) return unit;
  const auto available = static_cast<uint32_t>(request.available);
  return std::max(unit, common_unit(left, request.left_on, right, available));
}

AsOfRows as_of_rows(const Table& left, const Table& right, const AsOfRequest& request) {
  check_size(left, "left");
  check_size(right, "right");
  const TimeUnit unit = as_of_unit(left, right, request);
  const Sides sides{read_times(left, request.left_on, unit),
                    read_times(right, request.right_on, unit)};
  const bool has_available = request.available >= 0;
  std::vector<uint32_t> left_order, right_order;
  if (request.sort) {
    left_order = time_order(sides.left);
    if (!has_available) right_order = time_order(sides.right);
  } else if (has_available) {
    check_sorted(sides.left, left.columns()[request.left_on], "left");
    check_sorted(sides.right, right.columns()[request.right_on], "right");
  }
  const uint64_t num_left = left.num_rows(), num_right = right.num_rows();
  AsOfRows result;
  result.rows.reserve(std::max<uint64_t>(num_left, 1));
  result.left_without_time = sides.left.num_missing;
  result.right_without_time = sides.right.num_missing;
  uint32_t* hits = result.rows.data();
  const bool exact = request.allow_exact_matches;
  const bool in_order = !has_available && left_order.empty() && right_order.empty();
  MergeRange merged;
  std::optional<PlainKeys> plain;
  if (in_order) plain = plain_keys(left, request.left_by, right, request.right_by);
  if (plain) {
    merged = merge_parts(sides, *plain, plain->range + 1, exact, hits);
  } else {
    const KeyIds ids = key_ids(left, request.left_by, right, request.right_by);
    result.left_without_key = ids.requests_without_key;
    result.right_without_key = ids.events_without_key;
    const ListedKeys keys{ids.of_requests(), ids.events.data()};
    if (in_order) {
      merged = merge_parts(sides, keys, ids.num_keys, exact, hits);
    } else if (has_available) {
      std::fill_n(hits, num_left, AsOfRows::kNoRow);
      const TimeColumn available =
          read_times(right, static_cast<uint32_t>(request.available), unit);
      merge_when_known(sides, ids, available, exact, left_order, &result);
    } else {
      std::fill_n(hits, num_left, AsOfRows::kNoRow);
      if (left_order.empty()) {
        left_order.resize(num_left);
        std::iota(left_order.begin(), left_order.end(), 0u);
      }
      if (right_order.empty() && sides.right.num_missing != num_right) {
        right_order.resize(num_right);
        std::iota(right_order.begin(), right_order.end(), 0u);
      }
      std::vector<uint32_t> last(ids.num_keys, AsOfRows::kNoRow);
      merged = {0, left_order.size(), 0, right_order.size()};
      merge_in_time(
          sides, keys, &merged, exact, [&](uint64_t i) { return left_order[i]; },
          [&](uint64_t i) { return right_order[i]; }, last.data(), hits);
    }
  }
  if (merged.left_bad != UINT64_MAX) {
    throw_unsorted(left.columns()[request.left_on], "left", merged.left_bad);
  }
  if (merged.right_bad != UINT64_MAX) {
    throw_unsorted(right.columns()[request.right_on], "right", merged.right_bad);
  }
  if (request.tolerance >= 0) drop_old(sides, request.tolerance, hits);
  return result;
}

namespace {

template <class Value>
void gather_block(const uint32_t* rows, uint64_t count, const uint8_t* values, const uint8_t* valid,
                  uint64_t valid_offset, uint8_t* out, uint8_t* out_valid, uint64_t* num_null) {
  for (uint64_t first = 0; first < count; first += 8) {
    uint8_t bits = 0;
    const uint64_t last = std::min(count, first + 8);
    for (uint64_t i = first; i < last; ++i) {
      const uint32_t later = i + kAhead < count ? rows[i + kAhead] : AsOfRows::kNoRow;
      if (later != AsOfRows::kNoRow) __builtin_prefetch(values + later * sizeof(Value));
      Value value{};
      bool is_there = rows[i] != AsOfRows::kNoRow;
      if (is_there) {
        std::memcpy(&value, values + rows[i] * sizeof(Value), sizeof(Value));
        const uint64_t bit = valid_offset + rows[i];
        is_there = valid == nullptr || ((valid[bit >> 3] >> (bit & 7)) & 1) != 0;
      }
      std::memcpy(out + i * sizeof(Value), &value, sizeof(Value));
      bits = static_cast<uint8_t>(bits | (is_there ? 1 << (i - first) : 0));
      *num_null += is_there ? 0 : 1;
    }
    out_valid[first / 8] = bits;
  }
}

}  // namespace

uint64_t gather(const AsOfRows& rows, uint64_t num_rows, const uint8_t* values,
                const uint8_t* valid, uint64_t valid_offset, uint32_t width, uint8_t* out,
                uint8_t* out_valid) {
  std::atomic<uint64_t> num_null{0};
  parallel_for((num_rows + kBlockRows - 1) / kBlockRows, [&](uint64_t block, uint32_t) {
    const uint64_t first = block * kBlockRows;
    const uint64_t count = std::min(kBlockRows, num_rows - first);
    const uint32_t* from = rows.rows.data() + first;
    uint8_t* to = out + first * width;
    uint8_t* bits = out_valid + first / 8;
    uint64_t null_here = 0;
    switch (width) {
      case 1:
        gather_block<uint8_t>(from, count, values, valid, valid_offset, to, bits, &null_here);
        break;
      case 2:
        gather_block<uint16_t>(from, count, values, valid, valid_offset, to, bits, &null_here);
        break;
      case 4:
        gather_block<uint32_t>(from, count, values, valid, valid_offset, to, bits, &null_here);
        break;
      default:
        gather_block<uint64_t>(from, count, values, valid, valid_offset, to, bits, &null_here);
        break;
    }
    num_null += null_here;
  });
  return num_null;
}

}  // namespace mainspring
