// Gives keys their numbers: a column of small integers or of dictionary codes by itself, others
// through a table of what was seen; several columns one after the other.
#include "history/key_ids.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "history/shared_columns.hpp"
#include "history/time_column.hpp"
#include "history/word_table.hpp"
#include "host/bundle_image.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "profile/walk_tiles.hpp"
#include "runtime/arrow/decode_tile.hpp"
#include "runtime/arrow/read_codes.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/key_table.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlockRows = 1 << 17;
constexpr uint64_t kAhead = 16;  // rows between a fetch and its use

enum class KeyKind : uint8_t { kInteger, kTime, kFloat, kText };

KeyKind kind_of_key(const Table::Column& column) {
  if (!column.is_list) {
    if (column.type >= ColumnType::kBool && column.type <= ColumnType::kU64) {
      return KeyKind::kInteger;
    }
    if (column.type == ColumnType::kDate32 || column.type == ColumnType::kDate64 ||
        column.type == ColumnType::kTimestamp) {
      return KeyKind::kTime;
    }
    if (column.type == ColumnType::kF16 || column.type == ColumnType::kF32 ||
        column.type == ColumnType::kF64) {
      return KeyKind::kFloat;
    }
    const bool is_text = column.type >= ColumnType::kUtf8 && column.type <= ColumnType::kUtf8View;
    const bool is_binary =
        column.type >= ColumnType::kBinary && column.type <= ColumnType::kFixedBinary;
    if (is_text || is_binary) return KeyKind::kText;
  }
  throw Error(ErrorKind::kSchema, "Column '" + column.name + "' has type " + column.type_name +
                                      ", expected keys: integers, text, booleans or times. Cast "
                                      "it.")
      .column(column.name)
      .expected("integers, text, booleans or times")
      .got(column.type_name)
      .hint("Cast it.");
}

/// Calls body(first, last, worker) for blocks of rows over the pool.
template <class Body>
void for_blocks(uint64_t num_rows, Body body) {
  parallel_for((num_rows + kBlockRows - 1) / kBlockRows, [&](uint64_t item, uint32_t worker) {
    body(item * kBlockRows, std::min(num_rows, (item + 1) * kBlockRows), worker);
  });
}

struct Ids {
  ScratchArray<uint32_t> requests, events;
  uint64_t num_ids = 0;
};

/// The smallest and largest word; `low` above `high`: there is none.
struct WordRange {
  int64_t low = std::numeric_limits<int64_t>::max(), high = kNoTime;

  uint64_t width() const { return static_cast<uint64_t>(high) - static_cast<uint64_t>(low); }
  /// Whether an array with a place for each is small beside the words themselves.
  bool is_small(uint64_t num_words) const {
    return high != kNoTime && width() < std::max<uint64_t>(1 << 16, num_words) &&
           width() < kNoKey - 1;
  }
};

/// Of all words; of some where these are not in a small range.
WordRange range_of(const int64_t* words, uint64_t num_words) {
  WordRange all;
  std::mutex mutex;
  for_blocks(num_words, [&](uint64_t first, uint64_t last, uint32_t) {
    {
      const std::scoped_lock lock(mutex);
      if (all.high != kNoTime && !all.is_small(num_words)) return;
    }
    WordRange mine;
    for (uint64_t row = first; row < last; ++row) {
      mine.high = std::max(mine.high, words[row]);
      mine.low = std::min(mine.low, words[row] == kNoTime ? mine.low : words[row]);
    }
    const std::scoped_lock lock(mutex);
    all.low = std::min(all.low, mine.low);
    all.high = std::max(all.high, mine.high);
  });
  return all;
}

/// Words of both sides to ids. Events first: what no event has needs no number. No requests: null.
Ids ids_of_words(const int64_t* requests, uint64_t num_requests, const int64_t* events,
                 uint64_t num_events) {
  const WordRange words = range_of(events, num_events);
  Ids ids{ScratchArray<uint32_t>(std::max<uint64_t>(num_requests, 1)),
          ScratchArray<uint32_t>(std::max<uint64_t>(num_events, 1)), 0};
  uint32_t* request_ids = ids.requests.data();
  uint32_t* event_ids = ids.events.data();
  if (words.high == kNoTime) {
    if (requests != nullptr) std::fill_n(request_ids, num_requests, kNoKey);
    std::fill_n(event_ids, num_events, kNoKey);
    return ids;
  }
  if (words.is_small(num_events)) {
    const PlainKeys plain{requests, events, words.low, words.width()};
    const auto number = [&](const int64_t* keys, uint32_t* out, uint64_t count) {
      for_blocks(count, [&](uint64_t first, uint64_t last, uint32_t) {
        for (uint64_t row = first; row < last; ++row) out[row] = plain.id(keys[row]);
      });
    };
    number(events, event_ids, num_events);
    if (requests != nullptr) number(requests, request_ids, num_requests);
    ids.num_ids = plain.range + 1;
    return ids;
  }
  WordTable seen;
  for (uint64_t row = 0; row < num_events; ++row) {
    if (row + kAhead < num_events) seen.fetch(static_cast<uint64_t>(events[row + kAhead]));
    event_ids[row] = events[row] == kNoTime ? kNoKey : seen.put(static_cast<uint64_t>(events[row]));
  }
  for_blocks(requests == nullptr ? 0 : num_requests, [&](uint64_t first, uint64_t last, uint32_t) {
    for (uint64_t row = first; row < last; ++row) {
      if (row + kAhead < last) seen.fetch(static_cast<uint64_t>(requests[row + kAhead]));
      request_ids[row] =
          requests[row] == kNoTime ? kNoKey : seen.get(static_cast<uint64_t>(requests[row]));
    }
  });
  ids.num_ids = seen.size();
  return ids;
}

struct TextHash {
  size_t operator()(std::string_view text) const {
    return hash_bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
};
using TextTable = std::unordered_map<std::string_view, uint32_t, TextHash>;

std::string_view text_of(const BytesView& bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.length};
}

/// `add`: texts that are new get a number, else they are no key.
uint32_t number_of(TextTable* seen, std::string_view text, bool add) {
  if (add) return seen->try_emplace(text, static_cast<uint32_t>(seen->size())).first->second;
  const auto found = seen->find(text);
  return found == seen->end() ? kNoKey : found->second;
}

void number_texts(const ColumnView& view, TextTable* seen, bool add, uint32_t* out) {
  for_each_tile(view, InputKind::kBytes, [&](const Tile& tile, uint64_t first) {
    for (uint32_t row = 0; row < tile.num_rows; ++row) {
      out[first + row] = is_valid(tile.validity, row)
                             ? number_of(seen, text_of(values_of<BytesView>(tile)[row]), add)
                             : kNoKey;
    }
  });
}

/// A dictionary is looked up once for each entry.
void number_codes(const ColumnView& view, TextTable* seen, bool add, uint32_t* out) {
  const auto missing = static_cast<int32_t>(view.dictionary->length);
  std::vector<uint32_t> of_entry(view.dictionary->length + 1, kNoKey);
  number_texts(*view.dictionary, seen, add, of_entry.data());
  of_entry[view.dictionary->length] = kNoKey;
  for_blocks(view.length, [&](uint64_t first, uint64_t last, uint32_t) {
    int32_t codes[kTileRows];
    for (; first < last; first += kTileRows) {
      const auto rows = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, last - first));
      read_codes(view, first, rows, missing, codes);
      for (uint32_t row = 0; row < rows; ++row) {
        out[first + row] = of_entry[static_cast<uint32_t>(codes[row])];
      }
    }
  });
}

void number_text_column(const Table& table, uint32_t column, TextTable* seen, bool add,
                        uint32_t* out) {
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const ColumnView& view = table.batch_column(batch, column);
    uint32_t* rows = out + table.batch_first_row(batch);
    const bool coded =
        view.type == ColumnType::kDictionary && view.dictionary->length <= kMaxCodedEntries;
    coded ? number_codes(view, seen, add, rows) : number_texts(view, seen, add, rows);
  }
}

std::vector<int64_t> float_words(const Table& table, uint32_t column) {
  std::vector<int64_t> words(table.num_rows());
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    int64_t* out = words.data() + table.batch_first_row(batch);
    for_each_tile(table.batch_column(batch, column), InputKind::kFloat,
                  [&](const Tile& tile, uint64_t first) {
                    for (uint32_t row = 0; row < tile.num_rows; ++row) {
                      const double value = values_of<double>(tile)[row];
                      out[first + row] = is_valid(tile.validity, row)
                                             ? std::bit_cast<int64_t>(number_key(value))
                                             : kNoTime;
                    }
                  });
  }
  return words;
}

Ids ids_of_pair(const Table& requests, uint32_t request_column, const Table& events,
                uint32_t event_column, bool is_shared) {
  const Table::Column& first = requests.columns()[request_column];
  const Table::Column& second = events.columns()[event_column];
  const KeyKind kind = kind_of_key(first);
  if (kind != kind_of_key(second)) {
    throw Error(ErrorKind::kSchema, "Column '" + second.name + "' has type " + second.type_name +
                                        ", expected keys like those of column '" + first.name +
                                        "' of type " + first.type_name + ". Cast one of them.")
        .column(second.name)
        .expected(first.type_name)
        .got(second.type_name)
        .hint("Cast one of them.");
  }
  if (kind == KeyKind::kText) {
    Ids ids{ScratchArray<uint32_t>(std::max<uint64_t>(requests.num_rows(), 1)),
            ScratchArray<uint32_t>(std::max<uint64_t>(events.num_rows(), 1)), 0};
    TextTable seen;
    number_text_column(events, event_column, &seen, true, ids.events.data());
    if (!is_shared) {
      number_text_column(requests, request_column, &seen, false, ids.requests.data());
    }
    ids.num_ids = seen.size();
    return ids;
  }
  if (kind == KeyKind::kFloat) {
    const std::vector<int64_t> right = float_words(events, event_column);
    if (is_shared) return ids_of_words(nullptr, 0, right.data(), right.size());
    const std::vector<int64_t> left = float_words(requests, request_column);
    return ids_of_words(left.data(), left.size(), right.data(), right.size());
  }
  const TimeUnit unit = kind == KeyKind::kTime
                            ? common_unit(requests, request_column, events, event_column)
                            : TimeUnit::kNone;
  const TimeColumn right = read_times(events, event_column, unit);
  if (is_shared) return ids_of_words(nullptr, 0, right.values, right.num_rows);
  const TimeColumn left = read_times(requests, request_column, unit);
  return ids_of_words(left.values, left.num_rows, right.values, right.num_rows);
}

/// first * (number of the seconds) + second, missing where one of them is.
std::vector<int64_t> pairs_of(const uint32_t* first, const uint32_t* second, uint64_t num_second,
                              uint64_t num_rows) {
  std::vector<int64_t> words(num_rows);
  for (uint64_t row = 0; row < num_rows; ++row) {
    words[row] = first[row] == kNoKey || second[row] == kNoKey
                     ? kNoTime
                     : static_cast<int64_t>(first[row] * num_second + second[row]);
  }
  return words;
}

uint64_t count_null_keys(const Table& table, std::span<const uint32_t> columns) {
  uint64_t count = 0;
  std::vector<uint8_t> valid;
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const uint64_t rows = table.batch_rows(batch);
    bool plain = true;
    for (const uint32_t column : columns) {
      const ColumnView& view = table.batch_column(batch, column);
      plain = plain && view.validity == nullptr && view.type <= ColumnType::kU64;
    }
    if (plain) continue;
    valid.assign(rows, 1);
    for (const uint32_t column : columns) {
      const ColumnView& view = table.batch_column(batch, column);
      const bool is_float = kind_of_key(table.columns()[column]) == KeyKind::kFloat;
      const InputKind kind = is_float                         ? InputKind::kFloat
                             : feeds(view, InputKind::kBytes) ? InputKind::kBytes
                                                              : InputKind::kInteger;
      for_each_tile(view, kind, [&](const Tile& tile, uint64_t first) {
        for (uint32_t row = 0; row < tile.num_rows; ++row) {
          if (!is_valid(tile.validity, row)) valid[first + row] = 0;
        }
      });
    }
    count += static_cast<uint64_t>(std::count(valid.begin(), valid.end(), uint8_t{0}));
  }
  return count;
}

}  // namespace

std::optional<PlainKeys> plain_keys(const Table& requests,
                                    std::span<const uint32_t> request_columns, const Table& events,
                                    std::span<const uint32_t> event_columns) {
  const auto plain = [](const Table& table, std::span<const uint32_t> columns) -> const int64_t* {
    if (columns.size() != 1 || table.num_batches() != 1) return nullptr;
    const ColumnView& view = table.batch_column(0, columns[0]);
    if (view.type != ColumnType::kI64 || view.validity != nullptr) return nullptr;
    return static_cast<const int64_t*>(view.values) + view.offset;
  };
  const int64_t* first = plain(requests, request_columns);
  const int64_t* second = plain(events, event_columns);
  if (first == nullptr || second == nullptr) return std::nullopt;
  const WordRange words = range_of(second, events.num_rows());
  if (!words.is_small(events.num_rows())) return std::nullopt;
  return PlainKeys{first, second, words.low, words.width()};
}

KeyIds key_ids(const Table& requests, std::span<const uint32_t> request_columns,
               const Table& events, std::span<const uint32_t> event_columns) {
  KeyIds keys{ScratchArray<uint32_t>(std::max<uint64_t>(requests.num_rows(), 1)),
              ScratchArray<uint32_t>(std::max<uint64_t>(events.num_rows(), 1)),
              1,
              0,
              0,
              false};
  if (request_columns.empty()) {
    std::fill_n(keys.requests.data(), requests.num_rows(), 0u);
    std::fill_n(keys.events.data(), events.num_rows(), 0u);
    return keys;
  }
  const bool is_shared = are_shared(requests, request_columns, events, event_columns);
  Ids ids = ids_of_pair(requests, request_columns[0], events, event_columns[0], is_shared);
  for (size_t i = 1; i < request_columns.size(); ++i) {
    const Ids more = ids_of_pair(requests, request_columns[i], events, event_columns[i], is_shared);
    const auto right =
        pairs_of(ids.events.data(), more.events.data(), more.num_ids, events.num_rows());
    if (is_shared) {
      ids = ids_of_words(nullptr, 0, right.data(), right.size());
      continue;
    }
    const auto left =
        pairs_of(ids.requests.data(), more.requests.data(), more.num_ids, requests.num_rows());
    ids = ids_of_words(left.data(), left.size(), right.data(), right.size());
  }
  keys.requests = std::move(ids.requests);
  keys.events = std::move(ids.events);
  keys.num_keys = static_cast<uint32_t>(ids.num_ids);
  keys.is_shared = is_shared;
  keys.events_without_key = count_null_keys(events, event_columns);
  keys.requests_without_key =
      is_shared ? keys.events_without_key : count_null_keys(requests, request_columns);
  return keys;
}

void read_words(const Table& table, uint32_t column, uint64_t* words, uint8_t* valid) {
  const KeyKind kind = kind_of_key(table.columns()[column]);
  const InputKind input = kind == KeyKind::kFloat  ? InputKind::kFloat
                          : kind == KeyKind::kText ? InputKind::kBytes
                          : kind == KeyKind::kTime ? InputKind::kTimestamp
                                                   : InputKind::kInteger;
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const uint64_t base = table.batch_first_row(batch);
    for_each_tile(table.batch_column(batch, column), input, [&](const Tile& tile, uint64_t first) {
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        const bool is_there = is_valid(tile.validity, row);
        uint64_t word = 0;
        if (is_there && kind == KeyKind::kText) {
          const BytesView& text = values_of<BytesView>(tile)[row];
          word = hash_bytes(text.data, text.length);
        } else if (is_there && kind == KeyKind::kFloat) {
          word = number_key(values_of<double>(tile)[row]);
        } else if (is_there) {
          word = static_cast<uint64_t>(values_of<int64_t>(tile)[row]);
        }
        words[base + first + row] = word;
        valid[base + first + row] = is_there ? 1 : 0;
      }
    });
  }
}

}  // namespace mainspring
