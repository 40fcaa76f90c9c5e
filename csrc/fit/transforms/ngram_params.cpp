// Shared by word_ngrams, char_ngrams, bag_of_words and tf_idf.
#include "fit/transforms/ngram_params.hpp"

#include <cmath>
#include <memory>
#include <utility>

#include "fit/transforms/param.hpp"

namespace mainspring {

namespace {

bool is_count(double value) {
  return value >= 1 && value <= kMaxNgram && value == std::floor(value);
}

}  // namespace

NgramRule ngram_rule(std::string_view op, std::string_view analyzer,
                     const std::vector<double>& ngram_range, bool lowercase,
                     int64_t min_word_length) {
  NgramRule rule;
  rule.lowercase = lowercase;
  for (const Analyzer known : {Analyzer::kWord, Analyzer::kCharacter, Analyzer::kCharacterWb}) {
    if (analyzer == analyzer_name(known)) rule.analyzer = known;
  }
  if (analyzer != analyzer_name(rule.analyzer)) {
    fail_param(op, "analyzer", "'word', 'char' or 'char_wb'", std::string(analyzer));
  }
  if (ngram_range.size() != 2 || !is_count(ngram_range[0]) || !is_count(ngram_range[1]) ||
      ngram_range[0] > ngram_range[1]) {
    fail_param(op, "ngram_range", "two integers from 1 to 16, the second not below the first",
               ngram_range);
  }
  rule.min_n = static_cast<uint32_t>(ngram_range[0]);
  rule.max_n = static_cast<uint32_t>(ngram_range[1]);
  if (min_word_length < 1 || min_word_length > kMaxMinWordLength) {
    fail_param(op, "min_word_length", "an integer from 1 to 255", min_word_length);
  }
  if (rule.analyzer == Analyzer::kWord) {
    rule.min_word_length = static_cast<uint32_t>(min_word_length);
  }
  return rule;
}

NgramNorm ngram_norm(std::string_view op, const std::optional<std::string>& norm) {
  if (!norm.has_value()) return NgramNorm::kNone;
  if (*norm == "l1") return NgramNorm::kL1;
  if (*norm == "l2") return NgramNorm::kL2;
  fail_param(op, "norm", "'l1', 'l2' or None", *norm);
}

std::string_view analyzer_name(Analyzer analyzer) {
  switch (analyzer) {
    case Analyzer::kWord: return "word";
    case Analyzer::kCharacter: return "char";
    case Analyzer::kCharacterWb: return "char_wb";
  }
  return "";
}

Feature ngram_feature(const Feature& in, const StepRecord& record, std::vector<FeatureInfo> infos) {
  Feature out = in;
  out.ngrams = std::make_shared<const NgramColumns>(NgramColumns{record, std::move(infos)});
  return out;
}

}  // namespace mainspring
