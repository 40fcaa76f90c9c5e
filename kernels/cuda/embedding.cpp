// Checks ids, sorts them by row, finds the runs of equal rows and updates each.
#include "embedding.hpp"

#include <algorithm>

#include "check_memory.hpp"
#include "sort_keys.hpp"
#include "with_scratch.hpp"

namespace mainspring::gpu {

namespace {

constexpr uint64_t kMaxPlaces = uint64_t{1} << 32;  // a half of a key
constexpr uint64_t kRunBlocks = 4096;               // each has scratch memory of a row

uint32_t blocks_of(uint64_t count, uint32_t threads, uint64_t at_most) {
  return static_cast<uint32_t>(std::min((count + threads - 1) / threads, at_most));
}

void check_lookup(int device, const ms_gpu_lookup& lookup, const float* grad,
                  const float* weight_gradients, const ms_gpu_rule& rule) {
  if (lookup.num_ids > kMaxPlaces || lookup.num_rows > kMaxPlaces) {
    throw GpuError(MS_GPU_UNSUPPORTED, "A lookup has at most 2^32 ids and rows, got " +
                                           std::to_string(lookup.num_ids) + " and " +
                                           std::to_string(lookup.num_rows) + ".");
  }
  if (rule.update > static_cast<uint32_t>(Update::kFtrl) || lookup.row_type > 2) {
    throw GpuError(MS_GPU_BAD_ARGUMENT, "There is no update " + std::to_string(rule.update) +
                                            " of rows of type " + std::to_string(lookup.row_type) +
                                            ".");
  }
  const uint64_t row_bytes = lookup.row_type == 0 ? 4 : 2;
  check_memory(lookup.layout, 8, device, "The layout");
  check_memory(lookup.offsets, 8, device, "offsets");
  if (lookup.num_ids == 0) return;
  check_memory(lookup.ids, lookup.wide_ids != 0 ? 8 : 4, device, "ids");
  check_memory(grad, 4, device, "The gradient");
  if (lookup.weights != nullptr) {
    check_memory(lookup.weights, 4, device, "weights");
    check_memory(weight_gradients, 4, device, "The gradient of weights");
  }
  const auto update = static_cast<Update>(rule.update);
  if (update != Update::kGradient || lookup.weights != nullptr) {
    check_memory(lookup.rows, row_bytes, device, "The tables");
  }
  if (update != Update::kSgd) check_memory(lookup.first, 4, device, "The first state");
  if (update >= Update::kAdam) check_memory(lookup.second, 4, device, "The second state");
}

}  // namespace

void lookup_backward(int device, const ms_gpu_lookup& lookup, const float* grad,
                     float* weight_gradients, const ms_gpu_rule& rule, uint32_t* fault,
                     uint64_t* place, Stream stream) {
  const OnDevice on_device(device);
  check_device_is_sound();
  check_lookup(device, lookup, grad, weight_gradients, rule);
  *fault = 0;
  *place = 0;
  const uint64_t num_ids = lookup.num_ids;
  const uint64_t num_bags =
      lookup.num_tables * (lookup.num_bags < 0 ? 1 : static_cast<uint64_t>(lookup.num_bags));
  LookupFaults faults{~uint64_t{0}, ~uint64_t{0}, 0};
  const DeviceMemory on_stream = copy_to_device(&faults, sizeof(faults), stream);
  DeviceMemory keys(num_ids * sizeof(uint64_t), stream);
  const DeviceMemory from(num_ids * sizeof(uint64_t), stream);
  const DeviceMemory factors(num_ids * sizeof(float), stream);
  launch_key_ids({lookup, num_bags + 1, keys.as<uint64_t>(), from.as<uint64_t>(),
                  factors.as<float>(), on_stream.as<LookupFaults>()},
                 blocks_of(std::max(num_ids, num_bags + 1), kPassThreads, kMaxBlocks), stream);
  check_launch("key_ids");
  const auto bring_back = [&] {
    check_call(device_calls().copy_out(&faults, on_stream.as<void>(), sizeof(faults), stream),
               "Copying to the host");
  };
  bring_back();
  if (faults.offset != ~uint64_t{0} || faults.id != ~uint64_t{0}) {
    *fault = faults.offset != ~uint64_t{0} ? 1 : 2;
    *place = *fault == 1 ? faults.offset : faults.id;
    return;
  }
  if (num_ids == 0) return;
  if (lookup.weights != nullptr) {
    launch_weight_gradients({lookup, grad, from.as<uint64_t>(), num_ids, weight_gradients},
                            blocks_of(num_ids, kPassThreads, kMaxBlocks), stream);
    check_launch("weight_gradients");
  }
  DeviceMemory sorted(num_ids * sizeof(uint64_t), stream);
  with_scratch("sort_keys", stream, [&](void* scratch, uint64_t* num_bytes) {
    return sort_keys(scratch, num_bytes, keys.as<uint64_t>(), sorted.as<uint64_t>(), num_ids, 0,
                     stream);
  });
  // The keys in their first order are done with: their memory takes the heads of runs.
  launch_find_runs(
      {sorted.as<uint64_t>(), num_ids, keys.as<uint64_t>(), on_stream.as<LookupFaults>()},
      blocks_of(num_ids, kPassThreads, kMaxBlocks), stream);
  check_launch("find_runs");
  bring_back();
  const auto num_blocks = static_cast<uint32_t>(std::min(faults.num_runs, kRunBlocks));
  const DeviceMemory scratch(num_blocks * lookup.widest * sizeof(float), stream);
  launch_update_rows(
      {lookup, rule, grad, sorted.as<uint64_t>(), from.as<uint64_t>(), factors.as<float>(),
       keys.as<uint64_t>(), faults.num_runs, scratch.as<float>(), lookup.widest},
      num_blocks, stream);
  check_launch("update_rows");
}

}  // namespace mainspring::gpu
