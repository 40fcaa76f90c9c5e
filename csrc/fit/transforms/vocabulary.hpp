// From counted keys to a lookup step: the order of the ids, and the table in the plan.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/key_counts.hpp"
#include "fit/transforms/key_index.hpp"

namespace mainspring {

/// Which categories of a column are kept.
struct VocabularyParams {
  int64_t min_count = 1;
  std::optional<int64_t> max_size;
  double min_share = 0.0;  // of all rows, missing ones among them
};

/// Throws Error(kParameter).
void check_vocabulary(std::string_view op, const VocabularyParams& params);

/// Numbers of the keys that were seen at least `min_count` times, by count descending, then key
/// ascending; at most `max_size` of them.
std::vector<uint32_t> by_count(const KeyIndex& keys, std::span<const uint64_t> counts,
                               uint64_t min_count, uint64_t max_size);

/// by_count(), sorted once for all operators of the plan that have counted the same.
Vocabulary& vocabulary_of(const KeyIndex& keys, std::span<const uint64_t> counts,
                          uint64_t min_count, uint64_t max_size, PlanBuilder& builder);

/// vocabulary_of() with these parameters.
Vocabulary& vocabulary_of(const VocabularyParams& params, const KeyCounts& state,
                          PlanBuilder& builder);

/// by_count() with these parameters.
std::vector<uint32_t> kept_categories(const VocabularyParams& params, const KeyCounts& state);

/// The lookup table of these keys, in DATA; `type` is that of the slot that will be looked up.
DataRange add_lookup_table(ValueType type, const KeyIndex& keys, std::span<const uint32_t> order,
                           PlanBuilder& builder);

/// Emits the lookup of `in` among these keys: an i32 slot with 0 for missing, 1 for unseen, 2 + i
/// for order[i]. Equal tables over the same slot give the same slot again.
Slot emit_lookup(Slot in, const KeyIndex& keys, std::span<const uint32_t> order,
                 PlanBuilder& builder);
/// The same; the table is built once for all operators.
Slot emit_lookup(Slot in, Vocabulary& vocabulary, PlanBuilder& builder);

}  // namespace mainspring
