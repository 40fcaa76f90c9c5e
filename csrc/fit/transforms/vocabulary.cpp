// Shared by ordinal, one_hot, target_mean and the most frequent string of impute.
#include "fit/transforms/vocabulary.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "fit/plan/lookup_table.hpp"
#include "fit/transforms/param.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

void check_vocabulary(std::string_view op, const VocabularyParams& params) {
  if (params.min_count < 1) {
    fail_param(op, "min_count", "an integer of 1 or more", params.min_count);
  }
  if (params.max_size.has_value() && *params.max_size < 1) {
    fail_param(op, "max_size", "an integer of 1 or more, or None", *params.max_size);
  }
  if (!(params.min_share >= 0 && params.min_share <= 1)) {
    fail_param(op, "min_share", "a number from 0 to 1", params.min_share);
  }
}

std::vector<uint32_t> kept_categories(const VocabularyParams& params, const KeyCounts& state) {
  const double fewest =
      std::min(0x1p63, std::ceil(params.min_share * static_cast<double>(state.num_rows)));
  return by_count(
      *state.keys, state.counts,
      std::max(static_cast<uint64_t>(params.min_count), static_cast<uint64_t>(fewest)),
      params.max_size.has_value() ? static_cast<uint64_t>(*params.max_size) : UINT64_MAX);
}

std::vector<uint32_t> by_count(const KeyIndex& keys, std::span<const uint64_t> counts,
                               uint64_t min_count, uint64_t max_size) {
  // What decides nearly every comparison lies in the array that is sorted.
  struct Ranked {
    uint64_t count;
    uint64_t word;
    uint32_t number;
  };
  std::vector<Ranked> ranked;
  for (uint32_t number = 0; number < keys.size(); ++number) {
    if (counts[number] < min_count) continue;
    ranked.push_back({counts[number], keys.order_word(number), number});
  }
  std::sort(ranked.begin(), ranked.end(), [&](const Ranked& a, const Ranked& b) {
    if (a.count != b.count) return a.count > b.count;
    return a.word != b.word ? a.word < b.word : keys.less(a.number, b.number);
  });
  if (ranked.size() > max_size) ranked.resize(max_size);
  std::vector<uint32_t> order;
  order.reserve(ranked.size());
  for (const Ranked& key : ranked) order.push_back(key.number);
  return order;
}

DataRange add_lookup_table(ValueType type, const KeyIndex& keys, std::span<const uint32_t> order,
                           PlanBuilder& builder) {
  keys.expect_type(type);
  std::vector<uint8_t> table;
  // A column without any value has an index without a type: the table takes that of the slot.
  if (type == ValueType::kBytes) {
    std::vector<std::string_view> ordered;
    for (const uint32_t number : order) ordered.push_back(keys.bytes_key(number));
    table = build_lookup_table(std::span<const std::string_view>(ordered));
  } else if (type == ValueType::kF64) {
    std::vector<double> ordered;
    for (const uint32_t number : order) ordered.push_back(keys.number_key(number));
    table = build_lookup_table(std::span<const double>(ordered));
  } else {
    std::vector<int64_t> ordered;
    for (const uint32_t number : order) ordered.push_back(keys.integer_key(number));
    table = build_lookup_table(std::span<const int64_t>(ordered));
  }
  return builder.add_data(table);
}

Slot emit_lookup(Slot in, const KeyIndex& keys, std::span<const uint32_t> order,
                 PlanBuilder& builder) {
  const DataRange data = add_lookup_table(in.type, keys, order, builder);
  return builder.emit_shared(lookup_record(in.number, 0, data.offset, data.length, order.size()),
                             ValueType::kI32);
}

}  // namespace mainspring
