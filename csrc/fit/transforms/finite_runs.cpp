// The counting itself is ValueRuns'; here infinities are sorted out.
#include "fit/transforms/finite_runs.hpp"

#include <algorithm>
#include <cmath>

#include "profile/block_sums.hpp"

namespace mainspring {

void FiniteRuns::update(const FitTile& tile) {
  double finite[kSumBlock];
  uint32_t num_finite = pack_present(values_of<double>(tile.inputs[0]), tile.num_rows, finite);
  if (!are_finite(finite, num_finite)) {
    const auto end =
        std::remove_if(finite, finite + num_finite, [](double value) { return std::isinf(value); });
    num_finite = static_cast<uint32_t>(end - finite);
  }
  values_.add(finite, num_finite, tile.max_values, tile.rows_to_come);
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
