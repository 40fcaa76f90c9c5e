// The one list of streaming detectors, and the check of what they are given.
#include <algorithm>
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
  typedef double Pair __attribute__((vector_size(16)));
  constexpr size_t kPairs = 4;
  const auto pair_at = [&values](size_t i) { return Pair{values[i], values[i + 1]}; };
  const size_t whole = values.size() / (2 * kPairs) * (2 * kPairs);
  Pair zeros[kPairs] = {}, outside[kPairs] = {};
  const bool shares = input == DetectorInput::kShares;
  for (size_t i = 0; i < whole; i += 2 * kPairs) {
    for (size_t k = 0; k < kPairs; ++k) zeros[k] += pair_at(i + 2 * k) * 0.0;
  }
  // By how much values are outside 0 to 1, at most.
  for (size_t i = 0; shares && i < whole; i += 2 * kPairs) {
    for (size_t k = 0; k < kPairs; ++k) {
      const Pair value = pair_at(i + 2 * k), beyond = value - 1.0;
      outside[k] = beyond > outside[k] ? beyond : outside[k];
      outside[k] = -value > outside[k] ? -value : outside[k];
    }
  }
  double zero = 0, most = 0;
  for (size_t k = 0; k < kPairs; ++k) {
    zero += zeros[k][0] + zeros[k][1];
    most = std::max({most, outside[k][0], outside[k][1]});
  }
  for (size_t i = whole; i < values.size(); ++i) {
    zero += values[i] * 0.0;
    if (shares) most = std::max({most, values[i] - 1, -values[i]});
  }
  return zero == 0 && most <= 0;
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
