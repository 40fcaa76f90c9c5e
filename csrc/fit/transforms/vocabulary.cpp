// Shared by ordinal, one_hot, target_mean and the most frequent string of impute.
#include "fit/transforms/vocabulary.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string_view>

#include "fit/plan/lookup_table.hpp"
#include "fit/transforms/param.hpp"
#include "host/kept_array.hpp"
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

namespace {

uint64_t least_count(const VocabularyParams& params, const KeyCounts& state) {
  const double fewest =
      std::min(0x1p63, std::ceil(params.min_share * static_cast<double>(state.num_rows)));
  return std::max(static_cast<uint64_t>(params.min_count), static_cast<uint64_t>(fewest));
}
uint64_t most_keys(const VocabularyParams& params) {
  return params.max_size.has_value() ? static_cast<uint64_t>(*params.max_size) : UINT64_MAX;
}

constexpr uint64_t kManyTimes = 256;

/// What decides nearly every comparison lies in the array that is sorted.
struct Ranked {
  uint64_t word;
  uint32_t number;
};

/// Sorts [first, first + size) by words spread over about as many bins, then each bin by `less`.
/// `room` has as many places.
template <class Less>
void sort_by_word(Ranked* first, size_t size, Ranked* room, const Less& less) {
  constexpr size_t kFew = 32;
  uint64_t low = UINT64_MAX;
  uint64_t high = 0;
  for (size_t i = 0; i < size; ++i) {
    low = std::min(low, first[i].word);
    high = std::max(high, first[i].word);
  }
  if (size <= kFew || low == high) {
    std::sort(first, first + size, less);
    return;
  }
  const int shift = std::max(
      0, static_cast<int>(std::bit_width(high - low)) - static_cast<int>(std::bit_width(size)));
  std::vector<uint32_t> begins(((high - low) >> shift) + 2);
  for (size_t i = 0; i < size; ++i) ++begins[((first[i].word - low) >> shift) + 1];
  for (size_t bin = 1; bin < begins.size(); ++bin) begins[bin] += begins[bin - 1];
  for (size_t i = 0; i < size; ++i) room[begins[(first[i].word - low) >> shift]++] = first[i];
  size_t begin = 0;
  for (size_t bin = 0; bin + 1 < begins.size(); ++bin) {  // begins[bin] is now where it ends
    if (begins[bin] - begin > 1) std::sort(room + begin, room + begins[bin], less);
    begin = begins[bin];
  }
  std::copy(room, room + size, first);
}

}  // namespace

std::vector<uint32_t> kept_categories(const VocabularyParams& params, const KeyCounts& state) {
  return by_count(*state.keys, state.counts, least_count(params, state), most_keys(params));
}

Vocabulary& vocabulary_of(const VocabularyParams& params, const KeyCounts& state,
                          PlanBuilder& builder) {
  return vocabulary_of(*state.keys, state.counts, least_count(params, state), most_keys(params),
                       builder);
}

Vocabulary& vocabulary_of(const KeyIndex& keys, std::span<const uint64_t> counts,
                          uint64_t min_count, uint64_t max_size, PlanBuilder& builder) {
  for (Vocabulary& known : builder.vocabularies()) {
    if (known.keys == &keys && known.min_count == min_count && known.max_size == max_size &&
        std::equal(counts.begin(), counts.end(), known.counts.begin(), known.counts.end())) {
      return known;
    }
  }
  return builder.vocabularies().emplace_back(Vocabulary{&keys,
                                                        min_count,
                                                        max_size,
                                                        {counts.begin(), counts.end()},
                                                        by_count(keys, counts, min_count, max_size),
                                                        std::nullopt});
}

std::vector<uint32_t> by_count(const KeyIndex& keys, std::span<const uint64_t> counts,
                               uint64_t min_count, uint64_t max_size) {
  // Most keys of a long vocabulary are seen a few times: those of one count lie together first.
  const auto bin_of = [](uint64_t count) { return kManyTimes - std::min(count, kManyTimes); };
  std::array<uint32_t, kManyTimes + 2> begins{};
  for (uint32_t number = 0; number < keys.size(); ++number) {
    if (counts[number] >= min_count) ++begins[bin_of(counts[number]) + 1];
  }
  for (size_t bin = 1; bin < begins.size(); ++bin) begins[bin] += begins[bin - 1];
  const size_t num_kept = begins.back();
  // Nothing in it is initialised before it is written.
  KeptArray<Ranked> memory;
  memory.reserve(2 * num_kept, 0);
  Ranked* const ranked = memory.data();
  Ranked* const room = ranked + num_kept;
  for (uint32_t number = 0; number < keys.size(); ++number) {
    if (counts[number] < min_count) continue;
    ranked[begins[bin_of(counts[number])]++] = {keys.order_word(number), number};
  }
  const auto less = [&](const Ranked& a, const Ranked& b) {
    return a.word != b.word ? a.word < b.word : keys.less(a.number, b.number);
  };
  std::sort(ranked, ranked + begins[0], [&](const Ranked& a, const Ranked& b) {
    const uint64_t rows = counts[a.number], others = counts[b.number];
    return rows != others ? rows > others : less(a, b);
  });
  for (size_t bin = 1; bin <= kManyTimes; ++bin) {  // begins[bin] is now where it ends
    const size_t size = begins[bin] - begins[bin - 1];
    if (size > 1) sort_by_word(ranked + begins[bin - 1], size, room, less);
  }
  std::vector<uint32_t> order(std::min<uint64_t>(num_kept, max_size));
  for (size_t i = 0; i < order.size(); ++i) order[i] = ranked[i].number;
  return order;
}

DataRange add_lookup_table(ValueType type, const KeyIndex& keys, std::span<const uint32_t> order,
                           PlanBuilder& builder) {
  keys.expect_type(type);
  // A column without any value has an index without a type: the table takes that of the slot.
  if (type == ValueType::kBytes) {
    return builder.add_data(keys.bytes_table(order));
  }
  std::vector<uint8_t> table;
  if (type == ValueType::kF64) {
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

namespace {

Slot emit_over(Slot in, DataRange table, size_t num_keys, PlanBuilder& builder) {
  return builder.emit_shared(lookup_record(in.number, 0, table.offset, table.length, num_keys),
                             ValueType::kI32);
}

}  // namespace

Slot emit_lookup(Slot in, const KeyIndex& keys, std::span<const uint32_t> order,
                 PlanBuilder& builder) {
  return emit_over(in, add_lookup_table(in.type, keys, order, builder), order.size(), builder);
}

Slot emit_lookup(Slot in, Vocabulary& vocabulary, PlanBuilder& builder) {
  vocabulary.keys->expect_type(in.type);
  // Without a key the type of the slot decides on the table: it may be another one's.
  if (!vocabulary.table.has_value() || vocabulary.order.empty()) {
    vocabulary.table = add_lookup_table(in.type, *vocabulary.keys, vocabulary.order, builder);
  }
  return emit_over(in, *vocabulary.table, vocabulary.order.size(), builder);
}

}  // namespace mainspring
