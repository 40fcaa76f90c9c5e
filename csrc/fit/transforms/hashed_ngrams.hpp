// What word_ngrams and char_ngrams share: n-grams to features by their hash, nothing learnt.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fit/transforms/id_range.hpp"
#include "fit/transforms/ngram_params.hpp"
#include "fit/transforms/param.hpp"
#include "runtime/steps/ngram_records.hpp"

namespace mainspring {

/// The parameters of both; each operator names those that it has.
template <int kMinN, int kMaxN>
struct HashedNgramParams {
  std::vector<double> ngram_range{kMinN, kMaxN};
  int64_t buckets = 4096;
  bool lowercase = true;
  int64_t min_word_length = 2;
  bool word_bounds = false;
  bool binary = false;
  bool alternate_sign = true;
  std::optional<std::string> norm = "l2";
};

inline constexpr std::string_view kNgramBucketsHelp = "number of features, 2 to 16,777,216";
inline constexpr std::string_view kAlternateSignHelp =
    "half of the n-grams count -1, so that those that share a feature cancel on average; not with "
    "binary";

/// Throws Error(kParameter). `analyzer` as ngram_rule() takes it.
template <class Params>
StepRecord hashed_ngrams(std::string_view op, std::string_view analyzer, const Params& params) {
  if (params.buckets < 2 || params.buckets > int64_t{kMaxIds}) {
    fail_param(op, "buckets", "an integer from 2 to 16777216", params.buckets);
  }
  const NgramRule rule =
      ngram_rule(op, analyzer, params.ngram_range, params.lowercase, params.min_word_length);
  NgramValueRule values;
  values.norm = ngram_norm(op, params.norm);
  values.binary = params.binary;
  values.alternate_sign = params.alternate_sign && !params.binary;
  return store_hashed_ngrams_record(static_cast<uint32_t>(params.buckets), rule, values);
}

/// The stream as features NAME_ANALYZER_hash_0 ...
template <class Params>
std::vector<Feature> hashed_ngram_features(std::string_view op, std::string_view analyzer,
                                           const Params& params, const Feature& in) {
  const StepRecord record = hashed_ngrams(op, analyzer, params);
  std::vector<FeatureInfo> infos{FeatureInfo{in.info.name + "_" + std::string(analyzer) + "_hash"}};
  infos[0].count = static_cast<uint32_t>(params.buckets);
  return {ngram_feature(in, record, std::move(infos))};
}

}  // namespace mainspring
