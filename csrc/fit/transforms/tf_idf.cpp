// Term frequency times inverse document frequency (G. Salton and C. Buckley, "Term-weighting
// approaches in automatic text retrieval", 1988, doi:10.1016/0306-4573(88)90021-0), in the form of
// scikit-learn's TfidfVectorizer.
#include "fit/transforms/ngram_counts.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/core/math.hpp"

namespace mainspring {
namespace {

struct TfIdf {
  static constexpr std::string_view kName = "tf_idf";
  static constexpr std::string_view kSummary =
      "Weigh the words, or n-grams, of a text by how few rows have them: one feature for each.";
  static constexpr InputRule kInput = InputRule::kText;
  using Params = KnownNgramParams<true>;
  static constexpr auto kParams = std::tuple_cat(
      kKnownNgramParams<Params>,
      std::tuple{
          Param{"sublinear_tf", &Params::sublinear_tf, "1 + log(number of times)"},
          Param{"smooth_idf", &Params::smooth_idf, "as though one more row had every n-gram once"}},
      kKnownNgramNorm<Params>);

  static void check(const Params& params) { kept_ngrams(kName, params); }

  using State = KnownNgramState<TfIdf>;

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    KeptNgrams kept = kept_ngrams(kName, params);
    kept.kind = "tf_idf";
    const std::vector<uint32_t> order = select_ngrams(kept, state, in[0]);
    const double more = params.smooth_idf ? 1 : 0;
    const double num_texts = static_cast<double>(state.num_texts()) + more;
    std::vector<double> weights;
    for (const uint32_t number : order) {
      const double rows = static_cast<double>(state.rows_with[number]) + more;
      weights.push_back(log_value(num_texts / rows) + 1);
    }
    return {known_ngram_feature(kept, state, order, std::move(weights), in[0], builder)};
  }
};

}  // namespace

extern constinit const Transform kTfIdf = transform_of<TfIdf>();

}  // namespace mainspring
