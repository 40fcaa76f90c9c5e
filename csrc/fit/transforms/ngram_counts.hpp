// How often each n-gram of a column of texts occurs, and in how many rows: what bag_of_words and
// tf_idf learn.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/key_index.hpp"
#include "fit/transforms/ngram_params.hpp"
#include "fit/transforms/param.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {

/// Exact: merging in any order gives the counts of all rows. Holds every n-gram that was seen, up
/// to FitTile::max_keys: 32 bytes, its bytes beyond 31, and some 40 bytes of table and counts each.
class NgramCounts {
 public:
  explicit NgramCounts(const NgramRule& rule) : rule_(rule) {}

  void update(const FitTile& tile);
  void merge(const NgramCounts& other);
  /// The lightest n-grams go by how often they occur.
  void limit_keys(uint64_t max_keys);
  void limit_keys(uint64_t max_keys, KeyCut&) { limit_keys(max_keys); }
  uint64_t key_error() const { return keys.error(); }
  void write(StateWriter& writer) const;
  void read(StateReader& reader);

  /// Rows that are not missing.
  uint64_t num_texts() const { return num_rows - missing; }

  KeyIndex keys;
  std::vector<uint64_t> times;      // that each n-gram occurs
  std::vector<uint64_t> rows_with;  // rows that hold it
  uint64_t missing = 0;
  uint64_t num_rows = 0;

 private:
  void count_text(const BytesView& text, uint64_t max_keys, NgramReader& reader);

  NgramRule rule_;
  // What tells that a row holds an n-gram twice: 1 + num_rows before the row that it was counted
  // for last; no two rows have the same, because num_rows never falls.
  std::vector<uint64_t> counted_for_;
};

/// The parameters of both operators; each names those that it has.
template <bool kWeighs>
struct KnownNgramParams {
  std::string analyzer = "word";
  std::vector<double> ngram_range{1, 1};
  bool lowercase = true;
  int64_t min_word_length = 2;
  int64_t min_count = 1;
  double min_share = 0.0;
  double max_share = 1.0;
  std::optional<int64_t> max_size;
  bool binary = false;
  bool sublinear_tf = false;
  bool smooth_idf = true;
  std::optional<std::string> norm =
      kWeighs ? std::optional<std::string>("l2") : std::optional<std::string>();
};

/// The rows of both operators' tables, but for the last, and the last.
template <class Params>
inline constexpr auto kKnownNgramParams = std::tuple{
    Param{"analyzer", &Params::analyzer,
          "'word', 'char' or 'char_wb' (characters inside of words)"},
    Param{"ngram_range", &Params::ngram_range, kNgramRangeHelp},
    Param{"lowercase", &Params::lowercase, kLowercaseHelp},
    Param{"min_word_length", &Params::min_word_length, kMinWordLengthHelp},
    Param{"min_count", &Params::min_count, "n-grams in fewer rows are left out"},
    Param{"min_share", &Params::min_share, "n-grams in a smaller share of all rows are left out"},
    Param{"max_share", &Params::max_share, "n-grams in a larger share of all rows are left out"},
    Param{"max_size", &Params::max_size, "most n-grams that are kept: the most frequent"},
    Param{"binary", &Params::binary, kBinaryHelp}};
template <class Params>
inline constexpr auto kKnownNgramNorm = std::tuple{Param{"norm", &Params::norm, kNormHelp}};

/// Which n-grams are kept, whatever they weigh.
struct KeptNgrams {
  NgramRule rule;
  NgramValueRule values;
  uint64_t min_count = 1;
  double min_share = 0;
  double max_share = 1;
  uint64_t max_size = UINT64_MAX;
  std::string_view kind;  // of the features' names: NAME_ANALYZER_KIND_NGRAM
};

/// Throws Error(kParameter).
KeptNgrams kept_ngrams(std::string_view op, std::string_view analyzer,
                       const std::vector<double>& ngram_range, bool lowercase,
                       int64_t min_word_length, int64_t min_count, double min_share,
                       double max_share, const std::optional<int64_t>& max_size);

/// Numbers of the n-grams that are kept, by times descending, then bytes ascending. Throws
/// Error(kData) where there are more than a plan takes.
std::vector<uint32_t> select_ngrams(const KeptNgrams& kept, const NgramCounts& counts,
                                    const Feature& in);

/// One feature for each of `order`, weighed by `weights`; without any, one that is always 0.
Feature known_ngram_feature(const KeptNgrams& kept, const NgramCounts& counts,
                            const std::vector<uint32_t>& order, std::vector<double> weights,
                            const Feature& in, PlanBuilder& builder);

/// kept_ngrams() of the parameters of either operator.
template <class Params>
KeptNgrams kept_ngrams(std::string_view op, const Params& params) {
  KeptNgrams kept =
      kept_ngrams(op, params.analyzer, params.ngram_range, params.lowercase, params.min_word_length,
                  params.min_count, params.min_share, params.max_share, params.max_size);
  kept.values.binary = params.binary;
  kept.values.sublinear = params.sublinear_tf;
  kept.values.norm = ngram_norm(op, params.norm);
  return kept;
}

/// What both operators learn.
template <class Op>
struct KnownNgramState : NgramCounts {
  explicit KnownNgramState(const typename Op::Params& params)
      : NgramCounts(kept_ngrams(Op::kName, params).rule) {}
  void merge(KnownNgramState&& other) { NgramCounts::merge(other); }
};

}  // namespace mainspring
