// Values of the rows, and the few rows that clusters do not take.
#include "runtime/models/forest/walk_clusters.hpp"

#if !defined(MAINSPRING_SMALL)
#include "runtime/core/memory.hpp"
#include "runtime/models/forest/slot_values.hpp"

namespace mainspring {

namespace {

uint64_t group_bytes(const ForestView& forest) {
  return (group_values(forest) * sizeof(double) + 63) / 64 * 64;
}

void begin_row(const ForestView& forest, uint32_t num_outputs, double* out) {
  for (uint32_t i = 0; i < num_outputs; ++i) out[i] = forest.bases[i];
}

}  // namespace

uint64_t cluster_scratch_bytes(const ForestView& forest) noexcept {
  return forest.program == nullptr ? group_bytes(forest) + sizeof(ValueRows) : 0;
}

void walk_clusters(const ForestView& forest, const ValueForest& clusters,
                   const FeatureTile& features, uint32_t num_outputs, uint8_t* scratch,
                   double* out) noexcept {
  const WalkValues walk = value_walk_avx512();
  auto* values = reinterpret_cast<double*>(scratch);
  for (uint32_t row = 0; row < features.num_rows; ++row, out += num_outputs) {
    const uint32_t left = features.num_rows - row, lane = row % kChains;
    if (lane == 0) fill_group(forest, features, row, left < kChains ? left : kChains, values);
    begin_row(forest, num_outputs, out);
    if (!walk(forest, clusters, values + lane, out)) predict_one(forest, values + lane, out);
  }
}

void walk_clusters_together(const ForestView& forest, const ValueForest& clusters,
                            const FeatureTile& features, uint32_t num_outputs, uint8_t* scratch,
                            double* out) noexcept {
  const ValueRowsWalk walk = value_rows_avx512();
  auto* values = reinterpret_cast<double*>(scratch);
  auto& rows = *reinterpret_cast<ValueRows*>(scratch + group_bytes(forest));
  for (uint32_t first = 0; first < features.num_rows; first += kValueRows) {
    const uint32_t left = features.num_rows - first;
    const uint32_t count = left < kValueRows ? left : kValueRows;
    double* const to = out + uint64_t{first} * num_outputs;
    uint32_t num_differing = 0;
    uint16_t differing[kValueRows];
    for (uint32_t row = 0; row < count; ++row) {
      const uint32_t lane = row % kChains, behind = count - row;
      if (lane == 0) {
        fill_group(forest, features, first + row, behind < kChains ? behind : kChains, values);
      }
      begin_row(forest, num_outputs, to + uint64_t{row} * num_outputs);
      if (!walk.fill(forest, clusters, values + lane, rows.planes[row])) {
        fill_zero(reinterpret_cast<uint8_t*>(&rows.planes[row]), sizeof(RowPlanes));
        differing[num_differing++] = static_cast<uint16_t>(row);
      }
    }
    walk.walk(forest, clusters, rows, count, num_outputs, to);
    for (uint32_t i = 0; i < num_differing; ++i) {
      double* const of_row = to + uint64_t{differing[i]} * num_outputs;
      fill_group(forest, features, first + differing[i], 1, values);
      begin_row(forest, num_outputs, of_row);
      predict_one(forest, values, of_row);
    }
  }
}

}  // namespace mainspring
#endif
