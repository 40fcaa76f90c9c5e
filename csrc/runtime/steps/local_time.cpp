// UTC to the local time of a zone, through the transition table in DATA.
#include "runtime/steps/local_time.hpp"

#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/time_units.hpp"

namespace mainspring {
namespace {

/// Seconds from which to which one offset holds: neighbouring rows mostly share it.
struct Period {
  int64_t begin;
  int64_t end;
  int64_t offset;
};

bool holds(const Period& period, int64_t seconds) {
  return seconds >= period.begin && (seconds < period.end || period.end == INT64_MAX);
}

/// Halves without a branch: times in no order would mispredict every one.
Period find_period(const ZoneTable& zone, int64_t seconds) {
  const uint32_t count = zone.header->num_transitions;
  uint32_t at = 0;  // transitions at or before `seconds`
  for (uint32_t left = count; left != 0;) {
    const uint32_t half = (left + 1) / 2;
    const uint32_t before = zone.transitions[at + half - 1] <= seconds ? 1 : 0;
    at += half & (0u - before);
    left -= half;
  }
  return {at == 0 ? INT64_MIN : zone.transitions[at - 1],
          at == count ? INT64_MAX : zone.transitions[at],
          at == 0 ? zone.header->first_offset : zone.offsets[at - 1]};
}

template <int64_t kTicksPerSecond>
void convert(const ZoneTable& zone, const Tile& in, const Tile& out) {
  const int64_t* from = values_of<int64_t>(in);
  int64_t* to = values_of<int64_t>(out);
  Period period = find_period(zone, 0);
  for (uint32_t first = 0; first < kTileRows; first += 64) {
    uint64_t valid = in.validity[first >> 6];
    const uint32_t last = in.num_rows < first + 64 ? in.num_rows : first + 64;
    for (uint32_t row = first; row < last; ++row) {
      const int64_t seconds = floor_divide(from[row], kTicksPerSecond);
      if (!holds(period, seconds)) period = find_period(zone, seconds);
      int64_t local = 0;
      const bool overflow =
          __builtin_add_overflow(from[row], period.offset * kTicksPerSecond, &local);
      if (overflow) valid &= ~(uint64_t{1} << (row - first));
      to[row] = (valid >> (row - first)) & 1 ? local : 0;
    }
    out.validity[first >> 6] = valid;
  }
}

struct LocalTime {
  static constexpr StepCode kCode = StepCode::kLocalTime;
  static constexpr const char* kName = "local_time";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1,
                            .num_outputs = 1,
                            .integer_mask = 0b1,
                            .data = true,
                            .in_place = true}) ||
        input_type(record, plan) != ValueType::kI64 ||
        output_type(record, plan) != ValueType::kI64) {
      return kBadRecord;
    }
    if (record.integers[0] < static_cast<uint64_t>(TimeUnit::kSecond) ||
        record.integers[0] > static_cast<uint64_t>(TimeUnit::kNano)) {
      return kBadRecord;
    }
    return ok_if(zone_table_is_sound(plan.data + record.data_offset, record.data_length));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const ZoneTable zone = zone_table(context.data + record.data_offset);
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    switch (static_cast<TimeUnit>(record.integers[0])) {
      case TimeUnit::kSecond: return convert<1>(zone, in, out);
      case TimeUnit::kMilli: return convert<1000>(zone, in, out);
      case TimeUnit::kMicro: return convert<1000000>(zone, in, out);
      default: return convert<1000000000>(zone, in, out);
    }
  }
};

}  // namespace

extern constinit const Step kLocalTimeStep = step_of<LocalTime>();

}  // namespace mainspring
