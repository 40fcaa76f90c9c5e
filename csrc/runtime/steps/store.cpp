// The step that hands a tile over as a feature, rounded once: everything before it is float64.
#include "runtime/core/memory.hpp"
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/sparse_tile.hpp"

namespace mainspring {
namespace {

void store_narrow(const Tile& in, const Kernels& kernels, float* out) {
  if (in.type == ValueType::kF64) {
    kernels.narrow_f64(values_of<double>(in), out, in.num_rows);
  } else if (in.type == ValueType::kF32) {
    copy_bytes(out, in.values, uint64_t{in.num_rows} * sizeof(float));
  } else {
    const int32_t* values = values_of<int32_t>(in);
    for (uint32_t row = 0; row < in.num_rows; ++row) out[row] = static_cast<float>(values[row]);
  }
}

void store_wide(const Tile& in, const Kernels& kernels, double* out) {
  if (in.type == ValueType::kF64) {
    copy_bytes(out, in.values, uint64_t{in.num_rows} * sizeof(double));
  } else if (in.type == ValueType::kF32) {
    kernels.widen_f32(values_of<float>(in), out, in.num_rows);
  } else {
    kernels.widen_i32(values_of<int32_t>(in), out, in.num_rows);
  }
}

#if !defined(MAINSPRING_SMALL)
/// The entries of one feature: at most one a row.
void store_sparse(const Tile& in, const Kernels& kernels, uint32_t feature, SparseTile* tile) {
  if (!make_room(tile, in.num_rows)) return;
  float values[kTileRows];
  store_narrow(in, kernels, values);
  uint64_t count = tile->num_entries;
  for (uint32_t row = 0; row < in.num_rows; ++row) {
    tile->entries[count] = {row, feature, values[row]};
    count += values[row] != 0;
  }
  tile->num_entries = count;
}
#endif

struct Store {
  static constexpr StepCode kCode = StepCode::kStore;
  static constexpr const char* kName = "store";
  static constexpr Stores kStores = Stores::kOne;

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 0, .integer_mask = 0b1})) {
      return kBadRecord;
    }
    const ValueType type = input_type(record, plan);
    return ok_if(record.integers[0] < plan.num_features &&
                 (type == ValueType::kF64 || type == ValueType::kF32 || type == ValueType::kI32));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const uint64_t first = record.integers[0] * kTileRows;
#if !defined(MAINSPRING_SMALL)  // where nobody asks for sparse rows
    if (context.sparse != nullptr) {
      return store_sparse(in, *context.kernels, static_cast<uint32_t>(record.integers[0]),
                          context.sparse);
    }
#endif
    if (context.features != nullptr) {
      store_narrow(in, *context.kernels, context.features + first);
    } else {
      store_wide(in, *context.kernels, context.wide_features + first);
    }
  }
};

}  // namespace

extern constinit const Step kStoreStep = step_of<Store>();

}  // namespace mainspring
