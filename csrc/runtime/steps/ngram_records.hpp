// Records of the steps that count what texts hold; as in records.hpp.
#pragma once
#include <cstdint>

#include "runtime/core/ngrams.hpp"
#include "runtime/steps/ngram_values.hpp"
#include "runtime/steps/records.hpp"
#include "runtime/steps/text_part.hpp"

namespace mainspring {

/// bytes -> f64: how many of them, or with `share` their share of the characters, 0 where there are
/// none; missing stays missing. Bytes, characters and words have no share.
constexpr StepRecord text_part_record(uint16_t in, uint16_t out, TextPart part, bool share) {
  StepRecord record = unary_record(StepCode::kTextPart, in, out);
  record.integers[0] = static_cast<uint64_t>(part);
  record.integers[1] = share ? 1 : 0;
  return record;
}

/// Texts to num_features features: each n-gram counts in the feature of its hash's bucket, 1, or -1
/// where the hash is odd and `values` alternate signs. Stores features in their order, as kStore
/// does; the slot and the first feature are the builder's.
constexpr StepRecord store_hashed_ngrams_record(uint32_t num_features, const NgramRule& rule,
                                                const NgramValueRule& values) {
  StepRecord record = store_record(0, 0);
  record.code = static_cast<uint32_t>(StepCode::kStoreHashedNgrams);
  record.integers[1] = num_features;
  record.integers[2] = ngram_rule_bits(rule);
  record.integers[3] = ngram_value_bits(values);
  return record;
}

/// Bytes of the weights before the lookup table of kStoreKnownNgrams.
constexpr uint64_t ngram_weights_bytes(uint64_t num_features) {
  return (num_features * sizeof(double) + 63) / 64 * 64;
}

/// The same by a vocabulary: entry i counts in feature i; other n-grams do not. Data: num_features
/// f64, what each weighs, zeros up to a multiple of 64, and a lookup table with keys of bytes.
constexpr StepRecord store_known_ngrams_record(uint32_t num_features, const NgramRule& rule,
                                               const NgramValueRule& values, uint64_t data_offset,
                                               uint64_t data_length) {
  StepRecord record = store_hashed_ngrams_record(num_features, rule, values);
  record.code = static_cast<uint32_t>(StepCode::kStoreKnownNgrams);
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// Texts to num_features features: the ids of their first words, in order, 0 behind the last one;
/// not in the table 1, else 2 + entry. `rule` is of single words. Data: a lookup table with keys of
/// bytes.
constexpr StepRecord store_word_ids_record(uint32_t num_features, const NgramRule& rule,
                                           uint64_t num_entries, uint64_t data_offset,
                                           uint64_t data_length) {
  StepRecord record = store_record(0, 0);
  record.code = static_cast<uint32_t>(StepCode::kStoreWordIds);
  record.integers[1] = num_features;
  record.integers[2] = ngram_rule_bits(rule);
  record.integers[kCardinality] = num_entries + kFirstEntryId;
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

}  // namespace mainspring
