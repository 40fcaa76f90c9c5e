// Raw scores to what was asked for, a thread a row: links, probabilities and classes, with the
// formulas and the bits of csrc/runtime/models/{link,output}.cpp.
#pragma once
#include "device_forest.hpp"

namespace mainspring::gpu {

// Numbers of OutputKind, Link and Decision, which lie in bundles.
inline constexpr uint32_t kAskPredict = 0, kAskProba = 1, kAskRaw = 2;
inline constexpr uint32_t kLinkSigmoid = 1, kLinkSoftmax = 2, kLinkExp = 3, kLinkLog1pExp = 4,
                          kLinkSignedSquare = 5, kLinkSigmoidShare = 6;
inline constexpr uint32_t kDecideNothing = 0, kDecideRaw = 1;

MAINSPRING_BOTH inline double sigmoid_of(double value, double scale) {
  return canonical_nan(1.0 / (1.0 + exp_form(value * -scale)));
}

MAINSPRING_BOTH inline double signed_square(double value) {
  const double sign = static_cast<double>(value > 0) - static_cast<double>(value < 0);
  return canonical_nan(sign * value * value);
}

/// Shares of the sum; where that is 0, all the same.
MAINSPRING_BOTH inline void share(double* values, uint32_t width) {
  double total = 0;
  for (uint32_t i = 0; i < width; ++i) total += values[i];
  for (uint32_t i = 0; i < width; ++i) {
    values[i] = total == 0 ? 1.0 / width : canonical_nan(values[i] / total);
  }
}

MAINSPRING_BOTH inline void apply_link(const FinishArgs& args, double* values) {
  const uint32_t width = args.num_outputs;
  for (uint32_t i = 0; i < width && args.link_divisor != 1; ++i) values[i] /= args.link_divisor;
  if (args.link == kLinkSoftmax) {
    double highest = values[0];
    for (uint32_t i = 1; i < width; ++i) highest = values[i] > highest ? values[i] : highest;
    for (uint32_t i = 0; i < width; ++i) values[i] = exp_form(values[i] - highest);
    share(values, width);
    return;
  }
  for (uint32_t i = 0; i < width; ++i) {
    switch (args.link) {
      case kLinkSigmoid:
      case kLinkSigmoidShare: values[i] = sigmoid_of(values[i], args.link_scale); break;
      case kLinkExp: values[i] = exp_form(values[i]); break;
      case kLinkLog1pExp: values[i] = log1p_form(exp_form(values[i])); break;
      case kLinkSignedSquare: values[i] = signed_square(values[i]); break;
      default: break;
    }
  }
  if (args.link == kLinkSigmoidShare) share(values, width);
}

/// The first of the highest, and the first NaN above all.
MAINSPRING_BOTH inline uint32_t first_highest(const double* values, uint32_t width) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < width && values[best] == values[best]; ++i) {
    if (!(values[i] <= values[best])) best = i;
  }
  return best;
}

/// The scores become what the link makes of them, in place.
MAINSPRING_BOTH inline void finish_row(const FinishArgs& args, uint64_t row) {
  double* scores = args.scores + row * args.num_outputs;
  const bool decides = args.kind == kAskPredict && args.decision != kDecideNothing;
  if (!decides || args.decision != kDecideRaw) apply_link(args, scores);
  if (decides) {
    args.out[row] = args.num_outputs == 1 ? static_cast<double>(scores[0] > args.threshold)
                                          : first_highest(scores, args.num_outputs);
  } else if (args.kind == kAskProba && args.num_outputs == 1) {
    const double second = scores[0];
    args.out[2 * row] = 1.0 - second;
    args.out[2 * row + 1] = second;
  } else {
    for (uint32_t i = 0; i < args.num_outputs; ++i) {
      args.out[row * args.num_outputs + i] = scores[i];
    }
  }
}

}  // namespace mainspring::gpu
