// A counting sort by key, stable, then a look whether each key's rows are in order already.
#include "history/keyed_rows.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <tuple>
#include <utility>

#include "history/time_column.hpp"
#include "history/word_table.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "runtime/core/window_sum.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlockRows = 1 << 17;
constexpr uint32_t kBlockKeys = 1 << 10;
constexpr uint64_t kAhead = 16;

}  // namespace

KeyPlaces::KeyPlaces(const uint64_t* times, uint64_t num, const uint32_t* ids, uint32_t num_keys)
    : num_rows(num) {
  place(times, num_keys, [ids](uint64_t row) { return ids[row]; });
}

KeyPlaces::KeyPlaces(const uint64_t* times, uint64_t num, const PlainKeys& plain,
                     const int64_t* keys)
    : num_rows(num) {
  place(times, static_cast<uint32_t>(plain.range + 1),
        [&plain, keys](uint64_t row) { return plain.id(keys[row]); });
}

template <class IdOf>
void KeyPlaces::place(const uint64_t* times, uint32_t num_keys, IdOf id_of) {
  if (num_rows >= kLeftOut) {
    throw Error(ErrorKind::kData, "A table has " + std::to_string(num_rows) +
                                      " rows, expected fewer than 4294967295. Give it in parts.");
  }
  const auto is_in = [&](uint64_t row) {
    return id_of(row) != kNoKey && static_cast<int64_t>(times[row]) != kNoTime;
  };
  // Each thread has a run of the rows; where there are more keys than that pays for, one has all.
  const uint64_t runs = num_rows / 8 > num_keys ? num_threads() : 1;
  const auto first_row = [&](uint64_t run) { return num_rows * run / runs; };
  std::vector<std::vector<uint32_t>> next(runs);
  parallel_for(runs, [&](uint64_t run, uint32_t) {
    next[run].assign(num_keys, 0);
    uint32_t* counts = next[run].data();
    for (uint64_t row = first_row(run); row < first_row(run + 1); ++row) {
      if (is_in(row)) ++counts[id_of(row)];
    }
  });
  starts.assign(num_keys + size_t{1}, 0);
  uint64_t sum = 0;
  for (uint32_t key = 0; key < num_keys; ++key) {
    starts[key] = sum;
    for (std::vector<uint32_t>& run : next) {
      const uint32_t count = run[key];
      run[key] = static_cast<uint32_t>(sum);
      sum += count;
    }
  }
  starts[num_keys] = sum;
  places.reserve(std::max<uint64_t>(num_rows, 1));
  uint32_t* out = places.data();
  parallel_for(runs, [&](uint64_t run, uint32_t) {
    uint32_t* next_place = next[run].data();
    const uint64_t end = first_row(run + 1);
    for (uint64_t row = first_row(run); row < end; ++row) {
      if (row + kAhead < end && id_of(row + kAhead) != kNoKey) {
        __builtin_prefetch(&next_place[id_of(row + kAhead)], 1);
      }
      out[row] = is_in(row) ? next_place[id_of(row)]++ : kLeftOut;
    }
  });
}

KeyedEvents::KeyedEvents(const HistoryPlan& plan, const EventTable& events, const KeyPlaces& places)
    : plan_(plan), first_availability_(plan), starts_(places.starts) {
  const auto num_keys = static_cast<uint32_t>(starts_.size() - 1);
  stride_ = std::max<uint64_t>(starts_[num_keys], 1);
  words_.reserve(stride_ * plan.num_words());
  counts_.resize(num_keys);
  for (uint32_t key = 0; key < num_keys; ++key) {
    const uint64_t count = starts_[key + 1] - starts_[key];
    if (count > kMaxWindowCount) {
      throw Error(ErrorKind::kData, "A key of events('" + plan.source + "') has " +
                                        std::to_string(count) +
                                        " events, expected at most 134217728.");
    }
    counts_[key] = static_cast<uint32_t>(count);
  }
  const uint64_t blocks = (events.num_rows + kBlockRows - 1) / kBlockRows;
  parallel_for(blocks * plan.num_words(), [&](uint64_t item, uint32_t) {
    const uint64_t block = item % blocks, column = item / blocks;
    const uint64_t* from = events.columns[column];
    uint64_t* to = words_.data() + column * stride_;
    const uint64_t end = std::min(events.num_rows, (block + 1) * kBlockRows);
    for (uint64_t row = block * kBlockRows; row < end; ++row) {
      const uint32_t place = places.places.data()[row];
      if (place != KeyPlaces::kLeftOut) to[place] = from[row];
    }
  });
}

uint32_t KeyedEvents::put_in_order(uint32_t key, int64_t counted_from) {
  const EventView view = events(key);
  const auto place = [&](uint32_t event) {
    return std::tuple(view.time(event), first_availability_.of(view, event));
  };
  bool is_sorted = true, has_ties = false;
  for (uint32_t event = 1; event < view.count && is_sorted; ++event) {
    is_sorted = place(event - 1) <= place(event);
    has_ties = has_ties || view.time(event - 1) == view.time(event);
  }
  if (is_sorted && (plan_.id.empty() || !has_ties)) return 0;
  std::vector<uint32_t> order(view.count);
  std::iota(order.begin(), order.end(), 0u);
  uint32_t duplicates = 0;
  if (!plan_.id.empty()) {
    // Of equal ids at one time the one that arrived first stays.
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return view.time(a) < view.time(b); });
    const uint32_t word = plan_.id_word();
    std::vector<uint32_t> kept;
    std::vector<uint64_t> seen;
    for (uint32_t i = 0; i < order.size(); ++i) {
      if (i == 0 || view.time(order[i - 1]) != view.time(order[i])) seen.clear();
      const uint64_t id = view.word(word, order[i]);
      const bool has_id = (view.word(1, order[i]) & plan_.id_flag()) != 0;
      if (has_id && std::find(seen.begin(), seen.end(), id) != seen.end()) {
        duplicates += view.time(order[i]) >= counted_from ? 1 : 0;
        continue;
      }
      if (has_id) seen.push_back(id);
      kept.push_back(order[i]);
    }
    order = std::move(kept);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return place(a) < place(b); });
  std::vector<uint64_t> moved(order.size());
  for (uint32_t column = 0; column < plan_.num_words(); ++column) {
    uint64_t* words = words_.data() + column * stride_ + starts_[key];
    for (size_t i = 0; i < order.size(); ++i) moved[i] = words[order[i]];
    std::copy(moved.begin(), moved.end(), words);
  }
  counts_[key] = static_cast<uint32_t>(order.size());
  return duplicates;
}

std::vector<uint32_t> KeyedEvents::number_categories() {
  std::vector<uint32_t> counts(plan_.categories.size());
  const uint64_t num_events = starts_.back();
  parallel_for(counts.size(), [&](uint64_t category, uint32_t) {
    const auto column = static_cast<uint32_t>(category);
    uint64_t* words = words_.data() + plan_.category_word(column) * stride_;
    WordTable seen;
    for (uint64_t event = 0; event < num_events; ++event) {
      if (event + kAhead < num_events) seen.fetch(words[event + kAhead]);
      words[event] = seen.put(words[event]);
    }
    counts[column] = seen.size();
  });
  return counts;
}

KeyedRequests::KeyedRequests(const uint64_t* moments, KeyPlaces places)
    : places_(std::move(places)), owned_(std::max<uint64_t>(count(), 1)) {
  times_ = owned_.data();
  parallel_for((num_rows() + kBlockRows - 1) / kBlockRows, [&](uint64_t item, uint32_t) {
    const uint64_t end = std::min(num_rows(), (item + 1) * kBlockRows);
    for (uint64_t row = item * kBlockRows; row < end; ++row) {
      const uint32_t place = places_.places.data()[row];
      if (place != KeyPlaces::kLeftOut) owned_.data()[place] = static_cast<int64_t>(moments[row]);
    }
  });
  put_in_order(unordered());
}

KeyedRequests::KeyedRequests(const KeyedEvents& events, KeyPlaces places)
    : places_(std::move(places)), times_(events.times()) {
  const std::vector<uint32_t> keys = unordered();
  if (keys.empty() && events.keeps_all()) return;
  owned_.reserve(std::max<uint64_t>(count(), 1));
  std::copy(times_, times_ + count(), owned_.data());
  times_ = owned_.data();
  put_in_order(keys);
}

std::vector<uint32_t> KeyedRequests::unordered() const {
  std::vector<uint32_t> keys;
  std::mutex mutex;
  const auto num_keys = static_cast<uint32_t>(places_.starts.size() - 1);
  parallel_for((num_keys + kBlockKeys - 1) / kBlockKeys, [&](uint64_t item, uint32_t) {
    const auto first = static_cast<uint32_t>(item * kBlockKeys);
    for (uint32_t key = first; key < std::min(num_keys, first + kBlockKeys); ++key) {
      if (std::is_sorted(times_ + start(key), times_ + start(key + 1))) continue;
      const std::scoped_lock lock(mutex);
      keys.push_back(key);
    }
  });
  return keys;
}

void KeyedRequests::put_in_order(const std::vector<uint32_t>& keys) {
  if (keys.empty()) return;
  uint32_t* places = places_.places.data();
  ScratchArray<uint32_t> rows(std::max<uint64_t>(count(), 1));  // of each place
  for (uint64_t row = 0; row < num_rows(); ++row) {
    if (places[row] != KeyPlaces::kLeftOut) rows.data()[places[row]] = static_cast<uint32_t>(row);
  }
  parallel_for(keys.size(), [&](uint64_t item, uint32_t) {
    const uint64_t first = start(keys[item]), end = start(keys[item] + 1);
    std::vector<std::pair<int64_t, uint32_t>> pairs;
    pairs.reserve(end - first);
    for (uint64_t place = first; place < end; ++place) {
      pairs.emplace_back(times_[place], rows.data()[place]);
    }
    std::sort(pairs.begin(), pairs.end());
    for (uint64_t i = 0; i < pairs.size(); ++i) {
      owned_.data()[first + i] = pairs[i].first;
      places[pairs[i].second] = static_cast<uint32_t>(first + i);
    }
  });
}

}  // namespace mainspring
