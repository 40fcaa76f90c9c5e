// The one list of streaming detectors, and the check of what they are given.
#include <array>
#include <cmath>
#include <string>

#include "measure/detectors/detector.hpp"

namespace mainspring {

extern const DetectorEntry kAdwin, kDdm, kEddm, kHddmA, kHddmW, kPageHinkley, kCusum, kKswin, kEwma;

namespace {

constexpr std::array kDetectors{&kAdwin,       &kDdm,   &kEddm,  &kHddmA, &kHddmW,
                                &kPageHinkley, &kCusum, &kKswin, &kEwma};

}  // namespace

std::span<const DetectorEntry* const> detector_list() { return kDetectors; }

const DetectorEntry* find_detector(std::string_view name) {
  for (const DetectorEntry* entry : kDetectors) {
    if (entry->name == name) return entry;
  }
  return nullptr;
}

void check_values(std::span<const double> values, uint64_t first, DetectorInput input,
                  std::string_view name) {
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    const bool inside =
        input == DetectorInput::kAny ? !std::isinf(value) : value >= 0 && value <= 1;
    if (inside || std::isnan(value)) continue;
    const bool shares = input == DetectorInput::kShares;
    throw Error(ErrorKind::kData,
                std::string(name) + ": value " + std::to_string(value) + " at position " +
                    std::to_string(first + i) + ", expected " +
                    (shares ? "errors from 0 to 1 (1: wrong). Pass prediction != label."
                            : "finite numbers. Clip it, or make it missing (NaN)."))
        .row(first + i)
        .expected(shares ? "0 to 1" : "a finite number")
        .got(std::to_string(value));
  }
}

}  // namespace mainspring
