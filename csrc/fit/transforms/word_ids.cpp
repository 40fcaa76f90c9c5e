// The words of a text as ids, in their order: what a table of vectors is looked up by.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fit/plan/lookup_table.hpp"
#include "fit/transforms/id_range.hpp"
#include "fit/transforms/ngram_counts.hpp"
#include "fit/transforms/transform.hpp"
#include "fit/transforms/value_table.hpp"
#include "fit/transforms/vocabulary.hpp"
#include "host/error.hpp"
#include "runtime/steps/ngram_records.hpp"

namespace mainspring {
namespace {

struct WordIds {
  static constexpr std::string_view kName = "word_ids";
  static constexpr std::string_view kSummary =
      "Number the words of a text in their order, padded with 0 or cut to a length.";
  static constexpr InputRule kInput = InputRule::kText;
  struct Params {
    int64_t length = 0;
    std::vector<std::string> words;
    bool lowercase = true;
    int64_t min_word_length = 1;
    int64_t min_count = 1;
    std::optional<int64_t> max_size;
  };
  static constexpr auto kParams = std::tuple{
      Param{"length", &Params::length, "number of features, 1 to 262144"},
      Param{"words", &Params::words, "the words that have ids, in their order; none: learnt"},
      Param{"lowercase", &Params::lowercase, kLowercaseHelp},
      Param{"min_word_length", &Params::min_word_length, kMinWordLengthHelp},
      Param{"min_count", &Params::min_count, "words seen less often share the unseen id"},
      Param{"max_size", &Params::max_size, "most words that get an id of their own"}};

  static NgramRule rule_of(const Params& params) {
    return ngram_rule(kName, "word", {1, 1}, params.lowercase, params.min_word_length);
  }

  static void check(const Params& params) {
    if (params.length < 1 || params.length > int64_t{kMaxNgramFeatures}) {
      fail_param(kName, "length", "an integer from 1 to 262144", params.length);
    }
    rule_of(params);
    check_vocabulary(kName, {params.min_count, params.max_size, 0.0});
    if (params.words.empty()) return;
    check_keys(kName, "words", params.words);
    if (params.words.size() > kMaxIds - 2) {
      fail_param(kName, "words", "at most 16777214 words, the ids that float32 holds",
                 static_cast<int64_t>(params.words.size()));
    }
    if (params.min_count != 1) {
      fail_param(kName, "min_count", "1 where words are given", params.min_count);
    }
    if (params.max_size.has_value()) {
      fail_param(kName, "max_size", "None where words are given", *params.max_size);
    }
  }

  static bool learns(const Params& params) { return params.words.empty(); }

  struct State : NgramCounts {
    explicit State(const Params& params) : NgramCounts(rule_of(params)) {}
    void merge(State&& other) { NgramCounts::merge(other); }
  };

  /// In the order of their ids.
  static std::vector<std::string_view> words_of(const Params& params, const State& state,
                                                const Feature& in) {
    if (!params.words.empty()) return {params.words.begin(), params.words.end()};
    const auto most = static_cast<uint64_t>(params.max_size.value_or(INT64_MAX));
    std::vector<std::string_view> words;
    for (const uint32_t number :
         by_count(state.keys, state.times, static_cast<uint64_t>(params.min_count), most)) {
      words.push_back(state.keys.bytes_key(number));
    }
    if (words.size() <= kMaxIds - 2) return words;
    throw Error(ErrorKind::kData, "Column '" + in.column + "' has " + std::to_string(words.size()) +
                                      " words, expected at most 16777214, the ids that float32 "
                                      "holds. Set min_count or max_size of word_ids.")
        .column(in.column);
  }

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    const std::vector<std::string_view> words = words_of(params, state, in[0]);
    const DataRange table =
        builder.add_data(build_lookup_table(std::span<const std::string_view>(words)));
    const auto length = static_cast<uint32_t>(params.length);
    FeatureInfo info{in[0].info.name + "_word", FeatureKind::kId, true,
                     static_cast<uint32_t>(words.size()) + 2, length};
    if (length == 1) info.name += "_0";
    const StepRecord record =
        store_word_ids_record(length, rule_of(params), words.size(), table.offset, table.length);
    return {ngram_feature(in[0], record, {std::move(info)})};
  }
};

}  // namespace

extern constinit const Transform kWordIds = transform_of<WordIds>();

}  // namespace mainspring
