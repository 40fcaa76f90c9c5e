// The one list of checks.
#include <cstdio>

#include "measure/checks/check.hpp"

namespace mainspring {

extern const CheckEntry kConstantLabel, kTargetInFeatures, kLabelPower, kMissingLeak, kTimeTravel;

namespace {

constexpr std::array kChecks{&kConstantLabel, &kTargetInFeatures, &kLabelPower, &kMissingLeak,
                             &kTimeTravel};

}  // namespace

std::span<const CheckEntry* const> check_list() { return kChecks; }

std::string short_text(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

}  // namespace mainspring
