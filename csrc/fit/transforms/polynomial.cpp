// Products of powers of several columns, as PolynomialFeatures of scikit-learn orders them.
#include <algorithm>

#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

constexpr int64_t kMaxDegree = 16;
/// Each feature has a slot of its own until it is stored, and a plan has 4,096.
constexpr size_t kMaxFeatures = 2000;

/// A product: the columns in their order, each as often as its power.
using Term = std::vector<size_t>;

/// Terms of all degrees, the columns themselves first. More than kMaxFeatures are not listed.
std::vector<Term> terms_of(size_t num_columns, int64_t degree, bool interaction_only) {
  std::vector<Term> terms;
  for (size_t i = 0; i < num_columns; ++i) terms.push_back({i});
  size_t first = 0;  // of the degree before
  for (int64_t power = 2; power <= degree && terms.size() <= kMaxFeatures; ++power) {
    const size_t last = terms.size();
    for (size_t column = 0; column < num_columns && terms.size() <= kMaxFeatures; ++column) {
      for (size_t at = first; at < last; ++at) {
        const size_t next = terms[at][0];
        if (interaction_only ? next <= column : next < column) continue;
        Term term{column};
        term.insert(term.end(), terms[at].begin(), terms[at].end());
        terms.push_back(std::move(term));
      }
    }
    first = last;
  }
  return terms;
}

/// "a", "a^2", "a^2_times_b".
std::string name_of(const Term& term, std::span<const Feature> in) {
  std::string name;
  for (size_t i = 0; i < term.size();) {
    size_t power = 1;
    while (i + power < term.size() && term[i + power] == term[i]) ++power;
    if (i > 0) name += "_times_";
    name += in[term[i]].info.name;
    if (power > 1) name += "^" + std::to_string(power);
    i += power;
  }
  return name;
}

struct Polynomial {
  static constexpr std::string_view kName = "polynomial";
  static constexpr std::string_view kSummary =
      "Powers of several columns and products of them, up to a degree.";
  static constexpr InputRule kInput = InputRule::kNumber;
  static constexpr bool kJoint = true;
  struct Params {
    int64_t degree = 2;
    bool interaction_only = false;
  };
  static constexpr auto kParams =
      std::tuple{Param{"degree", &Params::degree, "largest sum of powers, 1 to 16"},
                 Param{"interaction_only", &Params::interaction_only,
                       "only products of different columns, no powers"}};

  static void check(const Params& params) {
    if (params.degree < 1 || params.degree > kMaxDegree) {
      fail_param(kName, "degree", "1 to 16", params.degree);
    }
  }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    if (terms_of(in.size(), params.degree, params.interaction_only).size() <= kMaxFeatures) return;
    throw Error(ErrorKind::kParameter, "polynomial of degree " + std::to_string(params.degree) +
                                           " gives " + in[0].expression + " and the " +
                                           std::to_string(in.size() - 1) +
                                           " columns behind it more than 2,000 features. Lower the "
                                           "degree, or name fewer columns.");
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    std::vector<Feature> features;
    const std::vector<Term> terms = terms_of(in.size(), params.degree, params.interaction_only);
    for (const Term& term : terms) {
      Feature& out = features.emplace_back(in[term[0]]);
      if (term.size() == 1) continue;
      const Term rest(term.begin() + 1, term.end());
      const auto at = std::find(terms.begin(), terms.end(), rest) - terms.begin();
      out.slot = builder.new_slot(ValueType::kF64);
      out.info = FeatureInfo{name_of(term, in)};
      builder.emit(arithmetic_record(ArithmeticCode::kMultiply, in[term[0]].slot.number,
                                     features[static_cast<size_t>(at)].slot.number,
                                     out.slot.number));
    }
    return features;
  }
};

}  // namespace

extern constinit const Transform kPolynomial = transform_of<Polynomial>();

}  // namespace mainspring
