// Dates and timestamps of any unit to int64 tiles in the unit that a plan was fitted with.
#include "runtime/arrow/decoders.hpp"

namespace mainspring {

namespace {

constexpr int64_t kDayNanos = 86'400'000'000'000;

// Every unit is a whole multiple of every finer one, so one integer says any conversion.
constexpr int64_t nanos_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kDay: return kDayNanos;
    case TimeUnit::kSecond: return 1'000'000'000;
    case TimeUnit::kMilli: return 1'000'000;
    case TimeUnit::kMicro: return 1'000;
    default: return 1;
  }
}

void multiply(Tile out, int64_t factor) noexcept {
  int64_t* values = values_of<int64_t>(out);
  const int64_t low = INT64_MIN / factor;
  const int64_t high = INT64_MAX / factor;
  for_each_present(out, [&](uint32_t row) {
    if (values[row] < low || values[row] > high) return clear_row(out, row);
    values[row] *= factor;
  });
}

#if defined(MAINSPRING_SMALL)
void divide(Tile out, int64_t divisor) noexcept {
  int64_t* values = values_of<int64_t>(out);
  for (uint32_t row = 0; row < out.num_rows; ++row) {
    const int64_t quotient = values[row] / divisor;
    values[row] = quotient - (values[row] - quotient * divisor < 0);
  }
}
#else
// The divisor is a constant, so that the compiler multiplies instead: 1 ns rather than 5.
template <int64_t kDivisor>
void floor_divide(Tile out) noexcept {
  int64_t* values = values_of<int64_t>(out);
  for (uint32_t row = 0; row < out.num_rows; ++row) {
    const int64_t quotient = values[row] / kDivisor;
    values[row] = quotient - (values[row] - quotient * kDivisor < 0);
  }
}

void divide(Tile out, int64_t divisor) noexcept {
  switch (divisor) {
    case 1'000: return floor_divide<1'000>(out);
    case 1'000'000: return floor_divide<1'000'000>(out);
    case 1'000'000'000: return floor_divide<1'000'000'000>(out);
    case 86'400: return floor_divide<86'400>(out);
    case 86'400'000: return floor_divide<86'400'000>(out);
    case 86'400'000'000: return floor_divide<86'400'000'000>(out);
    default: return floor_divide<kDayNanos>(out);
  }
}
#endif

}  // namespace

void decode_timestamps(const ColumnView& column, uint64_t first, TimeUnit unit, Tile out) noexcept {
  decode_integers(column, first, out);
  const ColumnView& values = leaf_of(column);
  if (unit == TimeUnit::kNone || values.unit == unit) return;
  const int64_t from = nanos_of(values.unit);
  const int64_t to = nanos_of(unit);
  if (from > to) {
    multiply(out, from / to);
    fill_missing(out, int64_t{0});
  } else {
    divide(out, to / from);
  }
}

}  // namespace mainspring
