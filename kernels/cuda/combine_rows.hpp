// A node of a composite for one row: votes, averages, calibrations and the rest that make numbers
// of numbers, with the formulas and the bits of csrc/runtime/models/composite.
#pragma once
#include "device_combine.hpp"
#include "finish_rows.hpp"
#include "runtime/models/composite/interpolated.hpp"
#include "runtime/models/composite/weighted_median.hpp"

namespace mainspring::gpu {

/// CompositeKind, whose numbers lie in bundles.
enum class Combine : uint32_t {
  kModel = 1,  // a part: launches of its own
  kGather = 2,
  kAverage = 3,
  kVotes = 4,
  kLogistic = 5,
  kInterpolate = 6,
  kShare = 7,
  kComplement = 8,
  kMedian = 9,
  kHighest = 10,
  kLog = 11,
};

/// The number of column k of a row of an input: a feature, or what an earlier node has made.
MAINSPRING_BOTH inline double number_of(const CombineArgs& args, const CombineInput& input,
                                        uint64_t row, uint32_t k) {
  if (input.of_features == 0) {
    const double* source = args.columns + uint64_t{input.source_column} * args.num_rows;
    return source[row * input.source_width + input.first_column + k];
  }
  const int64_t at = static_cast<int64_t>(row) * args.row_stride +
                     static_cast<int64_t>(input.first_column + k) * args.feature_stride;
  return args.narrow != nullptr ? static_cast<double>(args.narrow[at]) : args.wide[at];
}

/// Numbers of one row in order, those of the next row beside each.
struct OrderOfRow {
  uint32_t* first;
  uint64_t stride;
  constexpr uint32_t& operator[](uint64_t i) const { return first[i * stride]; }
};

/// Column k of kinds whose columns know nothing of each other.
MAINSPRING_BOTH inline double combined(const CombineArgs& args, uint64_t row, uint32_t k) {
  const CombineInput& input = args.inputs[0];
  switch (static_cast<Combine>(args.kind)) {
    case Combine::kAverage: {
      double sum = 0;
      for (uint32_t i = 0; i < args.num_inputs; ++i) {
        const double term = number_of(args, args.inputs[i], row, k) * args.numbers[i];
        sum = i == 0 ? term : sum + term;
      }
      return sum / args.numbers[args.num_inputs];
    }
    case Combine::kVotes: {
      double votes = 0;
      for (uint32_t i = 0; i < args.num_inputs; ++i) {
        if (number_of(args, args.inputs[i], row, 0) == k) votes += args.numbers[i];
      }
      return votes;
    }
    case Combine::kLogistic: {
      const double x = args.numbers[k] * number_of(args, input, row, k);
      return 1.0 / (1.0 + exp_form(x + args.numbers[args.width + k]));
    }
    case Combine::kLog: return log_form(number_of(args, input, row, k) + args.numbers[0]);
    default: return number_of(args, input, row, k);
  }
}

/// The number of the first of the highest columns, and of the first NaN above all.
MAINSPRING_BOTH inline double highest_of(const CombineArgs& args, uint64_t row) {
  uint32_t best = 0;
  for (uint32_t k = 1; k < args.inputs[0].num_columns; ++k) {
    const double highest = number_of(args, args.inputs[0], row, best);
    if (highest == highest && !(number_of(args, args.inputs[0], row, k) <= highest)) best = k;
  }
  return best;
}

MAINSPRING_BOTH inline double median_of(const CombineArgs& args, uint64_t row) {
  const CombineInput& input = args.inputs[0];
  const auto value = [&](uint32_t k) { return number_of(args, input, row, k); };
  return weighted_median(value, args.numbers, args.num_numbers,
                         OrderOfRow{args.order + row, args.num_rows});
}

MAINSPRING_BOTH inline void combine_row(const CombineArgs& args, uint64_t row) {
  double* out = args.out + row * args.width;
  const CombineInput& first = args.inputs[0];
  switch (static_cast<Combine>(args.kind)) {
    case Combine::kGather:
      for (uint32_t i = 0, at = 0; i < args.num_inputs; ++i) {
        for (uint32_t k = 0; k < args.inputs[i].num_columns; ++k) {
          out[at++] = canonical_nan(number_of(args, args.inputs[i], row, k));
        }
      }
      return;
    case Combine::kInterpolate: {
      const uint32_t count = args.num_numbers / 2;
      out[0] = canonical_nan(
          interpolated(number_of(args, first, row, 0), args.numbers, args.numbers + count, count));
      return;
    }
    case Combine::kComplement: {
      const double second = number_of(args, first, row, 0);
      out[0] = canonical_nan(1.0 - second);
      out[1] = canonical_nan(second);
      return;
    }
    case Combine::kMedian: out[0] = canonical_nan(median_of(args, row)); return;
    case Combine::kHighest: out[0] = highest_of(args, row); return;
    default:
      for (uint32_t k = 0; k < args.width; ++k) out[k] = canonical_nan(combined(args, row, k));
      if (static_cast<Combine>(args.kind) == Combine::kShare) share(out, args.width);
  }
}

}  // namespace mainspring::gpu
