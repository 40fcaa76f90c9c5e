// Words of a text, and runs of them, counted in features by their hash.
#include "fit/transforms/hashed_ngrams.hpp"
#include "fit/transforms/transform.hpp"

namespace mainspring {
namespace {

struct WordNgrams {
  static constexpr std::string_view kName = "word_ngrams";
  static constexpr std::string_view kSummary =
      "Count words, and runs of them, in a fixed number of features by their hash.";
  static constexpr InputRule kInput = InputRule::kText;
  using Params = HashedNgramParams<1, 1>;
  static constexpr auto kParams =
      std::tuple{Param{"ngram_range", &Params::ngram_range, kNgramRangeHelp},
                 Param{"buckets", &Params::buckets, kNgramBucketsHelp},
                 Param{"lowercase", &Params::lowercase, kLowercaseHelp},
                 Param{"min_word_length", &Params::min_word_length, kMinWordLengthHelp},
                 Param{"binary", &Params::binary, kBinaryHelp},
                 Param{"alternate_sign", &Params::alternate_sign, kAlternateSignHelp},
                 Param{"norm", &Params::norm, kNormHelp}};

  static void check(const Params& params) { hashed_ngrams(kName, "word", params); }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder&) {
    return hashed_ngram_features(kName, "word", params, in[0]);
  }
};

}  // namespace

extern constinit const Transform kWordNgrams = transform_of<WordNgrams>();

}  // namespace mainspring
