// Categories to the mean of the target among their rows, drawn towards the mean of all by what the
// spread between and within categories says of its error.
//
// B. Efron and C. Morris, "Data analysis using Stein's estimator and its generalizations", 1975,
// doi:10.1080/01621459.1975.10479864; C. N. Morris, "Parametric empirical Bayes inference", 1983,
// doi:10.1080/01621459.1983.10477920.
#include <algorithm>
#include <cmath>

#include "fit/transforms/category_encoding.hpp"
#include "fit/transforms/exact_spread.hpp"
#include "fit/transforms/target_sums.hpp"
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"

namespace mainspring {
namespace {

/// Squares of larger targets could leave float64.
constexpr double kLargestTarget = 0x1p500;

/// What the rows outside a fold say: the mean of each category against that of all, and how much
/// the rows of one category differ.
class Spread {
 public:
  Spread(const TargetSums& state, uint32_t fold, double count, double mean)
      : count_(count), mean_(mean) {
    // 0 and 1, or counts: much is spared.
    const bool integers = state.holds_integers() && count < 0x1p53 && state.lost_count(fold) == 0;
    ExactSum total = state.lost_sum(fold);
    for (uint64_t category = 0; category < state.num_categories(); ++category) {
      if (integers) {
        total.add(state.sum(category, fold));
      } else {
        total.merge(state.exact_sum(category, fold));
      }
    }
    const double total_sum = total.value();
    // Exact as well: keys come in any order.
    ExactSum within, between, squared_counts;
    for (uint64_t category = 0; category < state.num_categories(); ++category) {
      const auto rows = static_cast<double>(state.count(category, fold));
      counts_.push_back(rows);
      if (rows == 0) {
        means_.push_back(mean_);
        deviations_.push_back(0);
        continue;
      }
      ++num_categories_;
      const double sum = state.sum(category, fold);
      means_.push_back(sum / rows);
      double spread, deviation;  // nothing is lost near the mean, or far from zero
      if (integers && rows <= count) {
        spread = scaled_spread(rows, sum, state.squares(category, fold));
        deviation = scaled_difference(count, sum, rows, total_sum);
      } else {
        const ExactSum exact = state.exact_sum(category, fold);
        spread = scaled_spread(rows, exact, state.exact_squares(category, fold));
        deviation = scaled_difference(count, exact, rows, total);
      }
      within.add(spread / rows);
      deviations_.push_back(deviation / rows / count);
      between.add(rows * deviations_.back() * deviations_.back());
      squared_counts.add_product(rows, rows);
    }
    // Of keys that were not kept nobody knows how much their rows differ.
    const double counted = count_ - static_cast<double>(state.lost_count(fold));
    if (counted <= num_categories_) return;  // no category has two rows
    noise_ = within.value() / (counted - num_categories_);
    const double room = counted - squared_counts.value() / counted;
    const double excess = between.value() - (num_categories_ - 1) * noise_;
    signal_ = room <= 0 ? 0 : std::max(0.0, excess) / room;
    knows_noise_ = true;
  }

  double mean_of(uint64_t category) const {
    if (counts_[category] == 0) return mean_;
    const double own = noise_ / counts_[category];
    double shrinkage = !knows_noise_ ? 1 : own == 0 ? 0 : own / (own + signal_);
    if (num_categories_ > 1) {
      shrinkage *= std::max(0.0, num_categories_ - 3) / (num_categories_ - 1);
    }
    // From the nearer end, so that neither loses its digits in the other.
    return shrinkage < 0.5 ? means_[category] - shrinkage * deviations_[category]
                           : mean_ + (1 - shrinkage) * deviations_[category];
  }

 private:
  double count_;
  double mean_;
  std::vector<double> counts_;
  std::vector<double> means_;
  std::vector<double> deviations_;  // of the category's mean from that of all
  double num_categories_ = 0;
  double noise_ = 0;   // variance within categories
  double signal_ = 0;  // variance between their true means
  bool knows_noise_ = false;
};

struct JamesStein {
  static constexpr std::string_view kName = "james_stein";
  static constexpr std::string_view kSummary =
      "Mean of the target for each category, drawn to that of all as far as it is noise.";
  static constexpr InputRule kInput = InputRule::kKey;
  static constexpr bool kUsesTarget = true;
  static constexpr bool kCountsKeys = true;
  struct Params {
    int64_t folds = 5;
    int64_t seed = 0;
  };
  static constexpr auto kParams = std::tuple{
      Param{"folds", &Params::folds, "folds of cross-fitting, 2 to 1000"},
      Param{"seed", &Params::seed, "chooses the fold of each row, together with its number"}};

  static void check(const Params& params) { check_folds(kName, params.folds, params.seed); }

  struct State : TargetSums {
    explicit State(const Params& params)
        : TargetSums(static_cast<uint32_t>(params.folds), static_cast<uint64_t>(params.seed),
                     /*with_squares=*/true) {}
    void update(const FitTile& tile) {
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        if (std::fabs(tile.target[row]) <= kLargestTarget) continue;
        throw Error(ErrorKind::kData, "The target is " + mainspring::describe(tile.target[row]) +
                                          " at row " + std::to_string(tile.first_row + row) +
                                          ", expected at most 1e150 for james_stein, which "
                                          "squares it. Scale the target.")
            .row(tile.first_row + row);
      }
      TargetSums::update(tile);
    }
    void merge(State&& other) { TargetSums::merge(std::move(other)); }
  };

  static std::vector<Feature> emit(const State& state, const Feature& in, PlanBuilder& builder,
                                   bool cross_fitted) {
    const std::vector<uint64_t> counts = state.total_counts();
    const std::vector<double> sums = state.total_sums();
    return emit_target_encoding(
        state, "james_stein", in, builder, cross_fitted, [&](uint32_t fold) {
          const double mean = mean_or_missing(sums[fold], counts[fold]);
          const Spread spread(state, fold, static_cast<double>(counts[fold]), mean);
          CategoryEncoding encoding{mean, spread.mean_of(0), {}};
          for (uint64_t category = 1; category < state.num_categories(); ++category) {
            encoding.keys.push_back(spread.mean_of(category));
          }
          return encoding;
        });
  }

  static std::vector<Feature> compile(const Params&, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    return emit(state, in[0], builder, false);
  }
  static std::vector<Feature> compile_cross_fitted(const Params&, const State& state,
                                                   std::span<const Feature> in,
                                                   PlanBuilder& builder) {
    return emit(state, in[0], builder, true);
  }
};

}  // namespace

extern constinit const Transform kJamesStein = transform_of<JamesStein>();

}  // namespace mainspring
