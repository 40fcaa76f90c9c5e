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
      std::tuple_cat(kKnownNgramParams<Params>, kKnownNgramNorm<Params>);

  static void check(const Params& params) { kept_ngrams(kName, params); }

  using State = KnownNgramState<BagOfWords>;

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
