// Parameters of the operators over n-grams, and the rules that they stand for.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fit/transforms/feature.hpp"
#include "runtime/core/ngrams.hpp"
#include "runtime/steps/ngram_values.hpp"

namespace mainspring {

/// Each is an output of the plan, with a name.
inline constexpr uint32_t kMaxNgramFeatures = 1u << 18;

inline constexpr std::string_view kNgramRangeHelp = "fewest and most pieces of an n-gram, 1 to 16";
inline constexpr std::string_view kLowercaseHelp = "A to Z count as a to z";
inline constexpr std::string_view kMinWordLengthHelp =
    "characters; shorter words are left out, as those of more than 255 bytes are";
inline constexpr std::string_view kBinaryHelp = "1 for any number of times";
inline constexpr std::string_view kNormHelp =
    "'l2' or 'l1': divide a row's values by their norm; None";

/// The rule of these parameters, checked: throws Error(kParameter). `analyzer` is word, char or
/// char_wb.
NgramRule ngram_rule(std::string_view op, std::string_view analyzer,
                     const std::vector<double>& ngram_range, bool lowercase,
                     int64_t min_word_length);
NgramNorm ngram_norm(std::string_view op, const std::optional<std::string>& norm);

/// The analyzer's name as features have it: "word", "char", "char_wb".
std::string_view analyzer_name(Analyzer analyzer);

/// The stream of texts `in` as these features, stored by `record`.
Feature ngram_feature(const Feature& in, const StepRecord& record, std::vector<FeatureInfo> infos);

}  // namespace mainspring
