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

// Whether no value is missing or one that detectors of this input do not take, without a branch for
// each: 0 times what is not finite is not 0.
bool all_finite(std::span<const double> values, DetectorInput input) {
  constexpr size_t kLanes = 8;
  const bool shares = input == DetectorInput::kShares;
  std::array<double, kLanes> zeros{}, least{}, most{};
  const size_t whole = values.size() / kLanes * kLanes;
  const auto look = [&](size_t lane, double value) {
    zeros[lane] += 0 * value;
    least[lane] = value < least[lane] ? value : least[lane];
    most[lane] = value > most[lane] ? value : most[lane];
  };
  for (size_t i = 0; i < whole; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) look(lane, values[i + lane]);
  }
  for (size_t i = whole; i < values.size(); ++i) look(0, values[i]);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (zeros[lane] != 0) return false;
    if (shares && (least[lane] < 0 || most[lane] > 1)) return false;
  }
  return true;
}

}  // namespace

std::span<const DetectorEntry* const> detector_list() { return kDetectors; }

const DetectorEntry* find_detector(std::string_view name) {
  for (const DetectorEntry* entry : kDetectors) {
    if (entry->name == name) return entry;
  }
  return nullptr;
}

bool check_values(std::span<const double> values, uint64_t first, DetectorInput input,
                  std::string_view name) {
  if (all_finite(values, input)) return true;
  bool all_there = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    const bool inside =
        input == DetectorInput::kAny ? !std::isinf(value) : value >= 0 && value <= 1;
    if (std::isnan(value)) {
      all_there = false;
      continue;
    }
    if (inside) continue;
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
  return all_there;
}

}  // namespace mainspring
