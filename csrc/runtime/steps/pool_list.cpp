// Lists to one number each: how long they are, or a statistic of their elements in their order.
#include <cstdint>

#include "runtime/arrow/list_elements.hpp"
#include "runtime/core/math.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

constexpr double kNan = __builtin_nan("");

/// The next element of a row that has had `count` before it.
double pooled(ListStatistic statistic, double so_far, double value, uint64_t count) {
  switch (statistic) {
    case ListStatistic::kMin: return count == 0 || value < so_far ? value : so_far;
    case ListStatistic::kMax: return count == 0 || value > so_far ? value : so_far;
    default: return so_far + value;
  }
}

/// Squares of distances from the mean in a second pass: one pass loses the digits that values have
/// in common.
void to_std(const Tile& lists, const Kernels& kernels, const uint64_t* counts, double* sums) {
  double means[kTileRows];
  for (uint32_t row = 0; row < lists.num_rows; ++row) {
    means[row] = sums[row] / static_cast<double>(counts[row]);
    sums[row] = 0;
  }
  for_each_element<double>(lists, kernels, [&](uint32_t row, double value) {
    const double distance = value - means[row];
    sums[row] += distance * distance;
  });
  for (uint32_t row = 0; row < lists.num_rows; ++row) {
    // Of one value there is no spread to speak of: 0 / 0.
    sums[row] = sqrt_value(sums[row] / (static_cast<double>(counts[row]) - 1));
  }
}

void pool(const Tile& lists, const Kernels& kernels, ListStatistic statistic, double* to) {
  uint64_t counts[kTileRows];
  for (uint32_t row = 0; row < lists.num_rows; ++row) {
    counts[row] = 0;
    to[row] = 0;
  }
  for_each_element<double>(lists, kernels, [&](uint32_t row, double value) {
    to[row] = pooled(statistic, to[row], value, counts[row]);
    ++counts[row];
  });
  if (statistic == ListStatistic::kStd) to_std(lists, kernels, counts, to);
  const uint64_t fewest = statistic == ListStatistic::kSum   ? 0
                          : statistic == ListStatistic::kStd ? 2
                                                             : 1;
  for (uint32_t row = 0; row < lists.num_rows; ++row) {
    if (statistic == ListStatistic::kMean) to[row] /= static_cast<double>(counts[row]);
    const bool there = is_valid(lists.validity, row) && counts[row] >= fewest;
    if (!there || to[row] != to[row]) to[row] = kNan;
  }
}

struct PoolList {
  static constexpr StepCode kCode = StepCode::kPoolList;
  static constexpr const char* kName = "pool_list";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 1, .integer_mask = 0b1})) {
      return kBadRecord;
    }
    const ValueType type = input_type(record, plan);
    const uint64_t statistic = record.integers[0];
    if (output_type(record, plan) != ValueType::kF64) return kBadRecord;
    if (statistic == static_cast<uint64_t>(ListStatistic::kLength)) return ok_if(is_list(type));
    return ok_if(type == ValueType::kF64List &&
                 statistic >= static_cast<uint64_t>(ListStatistic::kMean) &&
                 statistic <= static_cast<uint64_t>(ListStatistic::kStd));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    double* to = values_of<double>(out);
    const auto statistic = static_cast<ListStatistic>(record.integers[0]);
    if (statistic == ListStatistic::kLength) {
      const ListView* lists = static_cast<const ListView*>(in.values);
      for (uint32_t row = 0; row < in.num_rows; ++row) {
        to[row] = is_valid(in.validity, row) ? static_cast<double>(lists[row].count) : kNan;
      }
    } else {
      pool(in, *context.kernels, statistic, to);
    }
    context.kernels->valid_f64(to, out.validity, out.num_rows);
  }
};

}  // namespace

extern constinit const Step kPoolListStep = step_of<PoolList>();

}  // namespace mainspring
