// The steps of a plan write entries feature by feature; one counting sort makes rows of them.
#include "runtime/predictor/sparse_rows.hpp"

#include "runtime/steps/step.hpp"

namespace mainspring {

uint64_t sparse_scratch_bytes(const BundleView& bundle) noexcept {
  return uint64_t{bundle.plan.num_slots} * kSlotBytes;
}

void transform_sparse_tile(const BundleView& bundle, const Kernels& kernels,
                           const ColumnView* columns, uint64_t first_row, uint32_t num_rows,
                           uint8_t* scratch, TextRoom* texts, SparseTile* tile) noexcept {
  tile->num_entries = 0;
  tile->incomplete = false;
  const StepContext context{
      &kernels,         columns, first_row, num_rows, scratch, bundle.plan.slots,
      bundle.plan.data, nullptr, nullptr,   tile,     texts};
  run_plan(bundle.plan, context);
  if (texts != nullptr && texts->incomplete) tile->incomplete = true;
}

void order_by_row(const SparseTile& tile, uint32_t num_rows, int64_t* row_entries,
                  int32_t* features, float* values) noexcept {
  const SparseEntry* const end = tile.entries + tile.num_entries;
  for (uint32_t row = 0; row < num_rows; ++row) row_entries[row] = 0;
  for (const SparseEntry* entry = tile.entries; entry != end; ++entry) ++row_entries[entry->row];
  uint64_t places[kTileRows];
  uint64_t place = 0;
  for (uint32_t row = 0; row < num_rows; ++row) {
    places[row] = place;
    place += static_cast<uint64_t>(row_entries[row]);
  }
  // Steps store their features in order, and a step those of a row: they stay in it.
  for (const SparseEntry* entry = tile.entries; entry != end; ++entry) {
    const uint64_t at = places[entry->row]++;
    features[at] = static_cast<int32_t>(entry->feature);
    values[at] = entry->value;
  }
}

}  // namespace mainspring
