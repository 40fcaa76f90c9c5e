// Runs of characters of a text counted in features by their hash: robust against spelling, and for
// scripts without spaces.
#include "fit/transforms/hashed_ngrams.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct CharNgrams {
  static constexpr std::string_view kName = "char_ngrams";
  static constexpr std::string_view kSummary =
      "Count runs of characters in a fixed number of features by their hash.";
  static constexpr InputRule kInput = InputRule::kText;
  using Params = HashedNgramParams<3, 5>;
  static constexpr auto kParams =
      std::tuple{Param{"ngram_range", &Params::ngram_range, kNgramRangeHelp},
                 Param{"buckets", &Params::buckets, kNgramBucketsHelp},
                 Param{"word_bounds", &Params::word_bounds,
                       "inside of what stands between spaces, with a space on either side"},
                 Param{"lowercase", &Params::lowercase, kLowercaseHelp},
                 Param{"binary", &Params::binary, kBinaryHelp},
                 Param{"alternate_sign", &Params::alternate_sign, kAlternateSignHelp},
                 Param{"norm", &Params::norm, kNormHelp}};

  static std::string_view analyzer(const Params& params) {
    return params.word_bounds ? "char_wb" : "char";
  }

  static void check(const Params& params) { hashed_ngrams(kName, analyzer(params), params); }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder&) {
    return hashed_ngram_features(kName, analyzer(params), params, in[0]);
  }
};

}  // namespace

extern constinit const Transform kCharNgrams = transform_of<CharNgrams>();

}  // namespace mainspring
