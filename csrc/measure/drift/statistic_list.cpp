// The one list of drift statistics.
#include <array>

#include "measure/drift/statistic.hpp"

namespace mainspring {

extern const Statistic kKs, kWasserstein, kWassersteinStd, kWassersteinIqr, kEnergy, kKuiper,
    kCramerVonMises, kAndersonDarling, kMannWhitney, kWelchT, kEppsSingleton, kPsi, kPsiExcess,
    kKullbackLeibler, kJs, kJsDebiased, kJsDivergence, kHellinger, kTotalVariation, kLargestChange,
    kChiSquared, kLikelihoodRatio, kCramersV, kColumnPower, kFisher, kProportionZ, kMissingRate,
    kUnseenRate, kOutOfRangeRate;

namespace {

constexpr std::array kStatistics{&kKs,
                                 &kWasserstein,
                                 &kWassersteinStd,
                                 &kWassersteinIqr,
                                 &kEnergy,
                                 &kKuiper,
                                 &kCramerVonMises,
                                 &kAndersonDarling,
                                 &kMannWhitney,
                                 &kWelchT,
                                 &kEppsSingleton,
                                 &kPsi,
                                 &kPsiExcess,
                                 &kKullbackLeibler,
                                 &kJs,
                                 &kJsDebiased,
                                 &kJsDivergence,
                                 &kHellinger,
                                 &kTotalVariation,
                                 &kLargestChange,
                                 &kChiSquared,
                                 &kLikelihoodRatio,
                                 &kCramersV,
                                 &kColumnPower,
                                 &kFisher,
                                 &kProportionZ,
                                 &kMissingRate,
                                 &kUnseenRate,
                                 &kOutOfRangeRate};

}  // namespace

std::span<const Statistic* const> statistic_list() { return kStatistics; }

const Statistic* find_statistic(std::string_view name) {
  for (const Statistic* statistic : kStatistics) {
    if (statistic->name == name) return statistic;
  }
  return nullptr;
}

}  // namespace mainspring
