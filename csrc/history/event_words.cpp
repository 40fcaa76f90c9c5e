// Reads tables of events: columns that lie ready are used where they are.
#include "history/event_words.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string_view>

#include "history/key_ids.hpp"
#include "history/time_column.hpp"
#include "host/column_numbers.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "profile/walk_tiles.hpp"
#include "runtime/core/window_sum.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kBlockRows = 1 << 17;

uint64_t* room(EventTable* table, uint64_t num_rows) {
  table->owned.emplace_back(std::max<uint64_t>(num_rows, 1));
  return table->owned.back().data();
}

const uint64_t* read_numbers(const Table& table, uint32_t column, EventTable* out) {
  if (table.num_batches() == 1) {
    const ColumnView& view = table.batch_column(0, column);
    if (view.type == ColumnType::kF64 && view.validity == nullptr) {
      return static_cast<const uint64_t*>(view.values) + view.offset;
    }
  }
  uint64_t* words = room(out, table.num_rows());
  copy_numbers(table, column, reinterpret_cast<double*>(words));
  return words;
}

template <class Value>
bool holds(Comparison comparison, const Value& left, const Value& right) {
  switch (comparison) {
    case Comparison::kEqual: return left == right;
    case Comparison::kNotEqual: return left != right;
    case Comparison::kLess: return left < right;
    case Comparison::kLessEqual: return left <= right;
    case Comparison::kGreater: return left > right;
    case Comparison::kGreaterEqual: return left >= right;
  }
  return false;
}

void mark_condition(const Table& table, const HistoryCondition& condition, uint64_t flag,
                    uint64_t* flags) {
  const uint32_t column = table.column_index(condition.column);
  const InputKind kind = condition.is_text ? InputKind::kBytes : InputKind::kFloat;
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const ColumnView& view = table.batch_column(batch, column);
    if (!feeds(view, kind) || is_list(view.type)) {
      const Table::Column& info = table.columns()[column];
      const char* expected = condition.is_text ? "text" : "numbers or bool";
      throw Error(ErrorKind::kSchema, "Column '" + info.name + "' has type " + info.type_name +
                                          ", expected " + expected +
                                          " as the condition compares it with.")
          .column(info.name)
          .expected(expected)
          .got(info.type_name);
    }
    uint64_t* out = flags + table.batch_first_row(batch);
    for_each_tile(view, kind, [&](const Tile& tile, uint64_t first) {
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        if (!is_valid(tile.validity, row)) continue;
        bool is_true = false;
        if (condition.is_text) {
          const BytesView& text = values_of<BytesView>(tile)[row];
          is_true = holds(condition.comparison,
                          std::string_view(reinterpret_cast<const char*>(text.data), text.length),
                          std::string_view(condition.text));
        } else {
          is_true = holds(condition.comparison, values_of<double>(tile)[row], condition.number);
        }
        if (is_true) out[first + row] |= flag;
      }
    });
  }
}

/// Words of a column, and the flag of those that are there.
const uint64_t* read_flagged(const Table& table, const std::string& name, uint64_t flag,
                             EventTable* out, uint64_t* flags) {
  const uint64_t num_rows = table.num_rows();
  uint64_t* words = room(out, num_rows);
  std::vector<uint8_t> valid(num_rows);
  read_words(table, table.column_index(name), words, valid.data());
  for (uint64_t row = 0; row < num_rows; ++row) flags[row] |= valid[row] != 0 ? flag : 0;
  return words;
}

/// Availability: missing ones and those past the lateness are never.
void bound_lateness(const HistoryPlan& plan, const uint64_t* times, uint64_t num_rows,
                    uint64_t* known, HistoryCounts* counts) {
  for (uint64_t row = 0; row < num_rows; ++row) {
    const auto time = static_cast<int64_t>(times[row]);
    const auto at = static_cast<int64_t>(known[row]);
    if (at == kNoTime) {
      known[row] = static_cast<uint64_t>(kNever);
    } else if (plan.lateness != kUnlimited && time != kNoTime && at > time &&
               static_cast<uint64_t>(at) - static_cast<uint64_t>(time) >
                   static_cast<uint64_t>(plan.lateness)) {
      known[row] = static_cast<uint64_t>(kNever);
      ++counts->late;
    }
  }
}

void check_clock(const HistoryPlan& plan, const Table& table, uint32_t column,
                 const Table::Column& like) {
  const Table::Column& info = table.columns()[column];
  if (unit_of(table, column) == TimeUnit::kNone) {
    throw Error(ErrorKind::kSchema, "Column '" + info.name + "' has type " + info.type_name +
                                        ", expected a timestamp or a date: lengths such as '7d' "
                                        "mean nothing to integers. Cast it.")
        .column(info.name)
        .expected("a timestamp or a date")
        .got(info.type_name);
  }
  if (plan.zone.empty() && info.time_zone.empty() != like.time_zone.empty()) {
    throw Error(ErrorKind::kSchema,
                "Column '" + info.name + "' has type " + info.type_name +
                    ", expected a time zone or none as column '" + like.name + "' of type " +
                    like.type_name +
                    " has. Pass zone='UTC' to events() if times without one are "
                    "in UTC.")
        .column(info.name)
        .expected(like.type_name)
        .got(info.type_name);
  }
}

}  // namespace

const uint64_t* read_microseconds(const Table& table, uint32_t column,
                                  ScratchArray<uint64_t>* owned, uint64_t* num_missing) {
  TimeColumn times = read_times(table, column, TimeUnit::kMicro);
  *num_missing = times.num_missing;
  if (times.owned.capacity() == 0) return reinterpret_cast<const uint64_t*>(times.values);
  owned->reserve(std::max<uint64_t>(times.num_rows, 1));
  std::copy(times.values, times.values + times.num_rows, owned->data());
  return owned->data();
}

EventTable read_events(const HistoryPlan& plan, const Table& table) {
  EventTable out;
  out.num_rows = table.num_rows();
  out.owned.reserve(plan.num_words() + 1);
  const uint32_t time = table.column_index(plan.time);
  const Table::Column& clock = table.columns()[time];
  check_clock(plan, table, time, clock);
  out.owned.emplace_back();
  out.columns.push_back(
      read_microseconds(table, time, &out.owned.back(), &out.counts.without_time));
  uint64_t* flags = nullptr;
  if (plan.has_flags()) {
    flags = room(&out, out.num_rows);
    std::fill_n(flags, out.num_rows, uint64_t{0});
    out.columns.push_back(flags);
    for (uint32_t i = 0; i < plan.conditions.size(); ++i) {
      mark_condition(table, plan.conditions[i], plan.condition_flag(i), flags);
    }
  }
  for (const std::string& name : plan.numbers) {
    out.columns.push_back(read_numbers(table, table.column_index(name), &out));
  }
  for (const std::string& name : plan.available) {
    const uint32_t column = table.column_index(name);
    check_clock(plan, table, column, clock);
    const TimeColumn known = read_times(table, column, TimeUnit::kMicro);
    uint64_t* words = room(&out, out.num_rows);
    std::copy(known.values, known.values + out.num_rows, words);
    bound_lateness(plan, out.columns[0], out.num_rows, words, &out.counts);
    out.columns.push_back(words);
  }
  for (uint32_t i = 0; i < plan.categories.size(); ++i) {
    out.columns.push_back(
        read_flagged(table, plan.categories[i], plan.category_flag(i), &out, flags));
  }
  if (!plan.id.empty()) {
    out.columns.push_back(read_flagged(table, plan.id, plan.id_flag(), &out, flags));
  }
  for (uint32_t i = 0; i < plan.exponents.size(); ++i) {
    const uint64_t* words = out.columns[plan.number_word(i)];
    const int32_t exponent = plan.exponents[i];
    std::atomic<uint64_t> off_grid{0};
    parallel_for((out.num_rows + kBlockRows - 1) / kBlockRows, [&](uint64_t item, uint32_t) {
      // |x| < 2^(exponent + kGridBits) by its exponent alone.
      const int32_t limit = exponent + kGridBits + 1023;
      uint64_t count = 0;
      const uint64_t end = std::min(out.num_rows, (item + 1) * kBlockRows);
      for (uint64_t row = item * kBlockRows; row < end; ++row) {
        const uint64_t bits = words[row] & ~(uint64_t{1} << 63);
        count +=
            static_cast<int32_t>(bits >> 52) >= limit && bits <= (uint64_t{2047} << 52) ? 1 : 0;
      }
      off_grid += count;
    });
    out.counts.off_grid += off_grid;
  }
  return out;
}

void widen_ranges(const HistoryPlan& plan, const EventTable& events,
                  std::vector<GridRange>* ranges) {
  ranges->resize(plan.numbers.size());
  for (uint32_t i = 0; i < plan.numbers.size(); ++i) {
    const uint64_t* words = events.columns[plan.number_word(i)];
    auto [low, high] = (*ranges)[i];
    for (uint64_t row = 0; row < events.num_rows; ++row) {
      const uint64_t bits = words[row] & ~(uint64_t{1} << 63);
      if (bits == 0 || bits >= (uint64_t{2047} << 52)) continue;
      const auto field = static_cast<int32_t>(bits >> 52);
      const uint64_t fraction = bits & 0x000FFFFFFFFFFFFF;
      const uint64_t mantissa = field == 0 ? fraction : fraction | 0x0010000000000000;
      const int32_t lowest = (field == 0 ? 1 : field) - 1075;
      low = std::min(low, lowest + std::countr_zero(mantissa));
      high = std::max(high, lowest + static_cast<int32_t>(std::bit_width(mantissa)));
    }
    (*ranges)[i] = {low, high};
  }
}

void choose_grids(HistoryPlan* plan, const std::vector<GridRange>& ranges) {
  plan->exponents.clear();
  for (const auto& [low, high] : ranges) {
    plan->exponents.push_back(low > high ? grid_exponent(0, 0) : grid_exponent(low, high));
  }
}

FirstAvailability::FirstAvailability(const HistoryPlan& plan) {
  std::vector<uint8_t> used(plan.available.size());
  for (const HistoryFeature& feature : plan.features) {
    if (feature.available == kNoColumn) return;
    used[feature.available] = 1;
  }
  for (uint32_t i = 0; i < used.size(); ++i) {
    if (used[i] != 0) words.push_back(plan.available_word(i));
  }
}

int64_t FirstAvailability::of(const EventView& events, uint32_t event) const {
  if (words.empty()) return 0;
  int64_t first = kNever;
  for (const uint32_t word : words) first = std::min(first, events.moment(word, event));
  // Before it happens nobody can know it.
  return std::max(first, events.time(event));
}

}  // namespace mainspring
