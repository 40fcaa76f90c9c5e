// What the two steps that store n-grams share: which of a record's fields say what, and how counts
// become values once a row has all of them.
#pragma once
#include "runtime/core/ngrams.hpp"
#include "runtime/steps/ngram_values.hpp"
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/store_features.hpp"

namespace mainspring {

/// integers[0] and [1]: the features; integers[2] and [3]: the rules.
inline bool ngrams_are_sound(const StepRecord& record, const PlanView& plan) {
  return input_type(record, plan) == ValueType::kBytes &&
         has_features(plan, record.integers[0], record.integers[1]) &&
         is_ngram_rule(record.integers[2]) && is_ngram_value_rule(record.integers[3]);
}

/// use(row, n-grams, how many) for all texts, up to kTileRows n-grams of one at a time.
template <class Use>
void for_each_ngram_block(const StepRecord& record, const StepContext& context, const Use& use) {
  const Tile texts = context.input(record, 0);
  NgramReader reader(ngram_rule_of(record.integers[2]));
  for (uint32_t row = 0; row < context.num_rows; ++row) {
    if (!is_valid(texts.validity, row)) continue;
    reader.begin(values_of<BytesView>(texts)[row]);
    while (const uint32_t count = reader.next()) use(row, reader.ngrams(), count);
  }
}

/// row_term() and row_value() of both steps (store_features.hpp); `number` is how often the row
/// has the n-gram.
inline double ngram_term(const StepRecord& record, double weight, double number) {
  const NgramValueRule rule = ngram_value_rule_of(record.integers[3]);
  if (rule.norm == NgramNorm::kNone) return 0;
  return norm_term(ngram_value(number, weight, rule), rule.norm);
}
inline double ngram_share(const StepRecord& record, double weight, double number, double sum) {
  const NgramValueRule rule = ngram_value_rule_of(record.integers[3]);
  return ngram_value(number, weight, rule) / norm_of(sum, rule.norm);
}

}  // namespace mainspring
