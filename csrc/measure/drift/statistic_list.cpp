// The one list of drift statistics.
#include "measure/drift/statistic.hpp"

namespace mainspring {

extern const Statistic kKs, kWasserstein, kWassersteinStd, kPsi, kPsiExcess, kJs, kJsDebiased,
    kChiSquared, kMissingRate, kUnseenRate;

namespace {

constexpr std::array kStatistics{&kKs,          &kWasserstein, &kWassersteinStd, &kPsi,
                                 &kPsiExcess,   &kJs,          &kJsDebiased,     &kChiSquared,
                                 &kMissingRate, &kUnseenRate};

}  // namespace

std::span<const Statistic* const> statistic_list() { return kStatistics; }

const Statistic* find_statistic(std::string_view name) {
  for (const Statistic* statistic : kStatistics) {
    if (statistic->name == name) return statistic;
  }
  return nullptr;
}

}  // namespace mainspring
