// Categories to the logarithm of how much more often they meet a target of 1 than one of 0.
//
// I. J. Good, "Probability and the Weighing of Evidence", 1950.
#include <cmath>

#include "fit/transforms/category_encoding.hpp"
#include "fit/transforms/target_sums.hpp"
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/core/math.hpp"

namespace mainspring {
namespace {

/// log(p / q) without the digits that a quotient near 1 would lose.
double log_ratio(double p, double q) {
  return p >= q ? log1p_value((p - q) / q) : -log1p_value((q - p) / p);
}

[[noreturn]] void fail_target(double value, uint64_t row) {
  const std::string got = describe(value);
  throw Error(ErrorKind::kData, "The target is " + got + " at row " + std::to_string(row) +
                                    ", expected 0 or 1 for weight_of_evidence. Pass 1 for the "
                                    "rows of one class and 0 for the others, or use "
                                    "target_mean().")
      .row(row)
      .expected("0 or 1")
      .got(got);
}

struct WeightOfEvidence {
  static constexpr std::string_view kName = "weight_of_evidence";
  static constexpr std::string_view kSummary =
      "Log of a category's share of the rows with target 1 over its share of those with 0.";
  static constexpr InputRule kInput = InputRule::kKey;
  static constexpr bool kUsesTarget = true;
  static constexpr bool kCountsKeys = true;
  struct Params {
    double regularization = 1.0;
    int64_t folds = 5;
    int64_t seed = 0;
  };
  static constexpr auto kParams = std::tuple{
      Param{"regularization", &Params::regularization, "rows added to each side of a category"},
      Param{"folds", &Params::folds, "folds of cross-fitting, 2 to 1000"},
      Param{"seed", &Params::seed, "chooses the fold of each row, together with its number"}};

  static void check(const Params& params) {
    if (!std::isfinite(params.regularization) || params.regularization <= 0) {
      fail_param(kName, "regularization", "a finite number above 0", params.regularization);
    }
    check_folds(kName, params.folds, params.seed);
  }

  struct State : TargetSums {
    explicit State(const Params& params)
        : TargetSums(static_cast<uint32_t>(params.folds), static_cast<uint64_t>(params.seed)) {}
    void update(const FitTile& tile) {
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        if (tile.target[row] == 0 || tile.target[row] == 1) continue;
        fail_target(tile.target[row], tile.first_row + row);
      }
      TargetSums::update(tile);
    }
    void merge(State&& other) { TargetSums::merge(std::move(other)); }
  };

  static std::vector<Feature> emit(const Params& params, const State& state, const Feature& in,
                                   PlanBuilder& builder, bool cross_fitted) {
    const std::vector<uint64_t> counts = state.total_counts();
    const std::vector<double> sums = state.total_sums();
    const double r = params.regularization;
    return emit_target_encoding(state, "woe", in, builder, cross_fitted, [&](uint32_t fold) {
      const double positive = sums[fold] + 2 * r;
      const double negative = static_cast<double>(counts[fold]) - sums[fold] + 2 * r;
      const auto evidence = [&](uint64_t category) {
        const double count = static_cast<double>(state.count(category, fold));
        if (count == 0) return 0.0;
        const double ones = state.sum(category, fold);
        return log_ratio((ones + r) * negative, (count - ones + r) * positive);
      };
      CategoryEncoding encoding{0, evidence(0), {}};
      for (uint64_t category = 1; category < state.num_categories(); ++category) {
        encoding.keys.push_back(evidence(category));
      }
      return encoding;
    });
  }

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    return emit(params, state, in[0], builder, false);
  }
  static std::vector<Feature> compile_cross_fitted(const Params& params, const State& state,
                                                   std::span<const Feature> in,
                                                   PlanBuilder& builder) {
    return emit(params, state, in[0], builder, true);
  }
};

}  // namespace

extern constinit const Transform kWeightOfEvidence = transform_of<WeightOfEvidence>();

}  // namespace mainspring
