// The counting itself is ValueRuns'; here infinities are sorted out.
#include "fit/transforms/finite_runs.hpp"

#include <cmath>

namespace mainspring {

void FiniteRuns::update(const FitTile& tile) {
  const auto* values = values_of<double>(tile.inputs[0]);
  double finite[kTileRows];
  uint32_t num_finite = 0;
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    finite[num_finite] = values[row];
    num_finite += std::isfinite(values[row]) ? 1 : 0;
  }
  values_.add(finite, num_finite, tile.max_values);
}

void FiniteRuns::update_repeated(const FitTile& one_row, uint64_t count) {
  const double value = values_of<double>(one_row.inputs[0])[0];
  if (std::isfinite(value)) values_.add_repeated(value, count);
}

void FiniteRuns::read(StateReader& reader) {
  values_.read(reader);
  for (const ValueRuns::Run& run : values_.runs()) {
    if (!std::isfinite(run.value)) StateReader::fail();
  }
}

}  // namespace mainspring
