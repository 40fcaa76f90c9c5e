// N-grams of a text counted by a vocabulary: a feature for each that fitting has seen.
#include "fit/transforms/ngram_counts.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct BagOfWords {
  static constexpr std::string_view kName = "bag_of_words";
  static constexpr std::string_view kSummary =
      "Count the words, or n-grams, that fitting has seen: one feature for each.";
  static constexpr InputRule kInput = InputRule::kText;
  using Params = KnownNgramParams<false>;
  static constexpr auto kParams =
      std::tuple{Param{"analyzer", &Params::analyzer, kAnalyzerHelp},
                 Param{"ngram_range", &Params::ngram_range, kNgramRangeHelp},
                 Param{"lowercase", &Params::lowercase, kLowercaseHelp},
                 Param{"min_word_length", &Params::min_word_length, kMinWordLengthHelp},
                 Param{"min_count", &Params::min_count, kMinCountHelp},
                 Param{"min_share", &Params::min_share, kMinShareHelp},
                 Param{"max_share", &Params::max_share, kMaxShareHelp},
                 Param{"max_size", &Params::max_size, kMaxSizeHelp},
                 Param{"binary", &Params::binary, kBinaryHelp},
                 Param{"norm", &Params::norm, kNormHelp}};

  static void check(const Params& params) { kept_ngrams(kName, params); }

  struct State : NgramCounts {
    explicit State(const Params& params) : NgramCounts(kept_ngrams(kName, params).rule) {}
    void merge(State&& other) { NgramCounts::merge(other); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    KeptNgrams kept = kept_ngrams(kName, params);
    kept.kind = "count";
    const std::vector<uint32_t> order = select_ngrams(kept, state, in[0]);
    return {known_ngram_feature(kept, state, order, std::vector<double>(order.size(), 1.0), in[0],
                                builder)};
  }
};

}  // namespace

extern constinit const Transform kBagOfWords = transform_of<BagOfWords>();

}  // namespace mainspring
