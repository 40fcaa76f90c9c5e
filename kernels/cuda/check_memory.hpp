// What callers hand over, checked before a kernel touches it: a wrong pointer on a device spoils
// the whole process, so nothing is taken on trust that can be asked for.
#pragma once
#include <string>

#include "chosen_rows.hpp"
#include "gpu_error.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring::gpu {

/// Throws unless `memory` is the device's and aligned; `what` names it in the message.
void check_memory(const void* memory, uint64_t alignment, int device, const std::string& what);

/// Throws unless the column feeds this input and every buffer of it is fine; as the kernel reads
/// it.
DeviceColumn check_column(const ms_gpu_column& column, const PlanView& plan, uint32_t input,
                          uint64_t num_rows, int device);

/// The same of a column that no plan reads: of numbers or times, or of anything that a kernel
/// reads.
DeviceColumn check_numbers(const ms_gpu_column& column, const std::string& name, uint64_t num_rows,
                           int device);
DeviceColumn check_values(const ms_gpu_column& column, const std::string& name, uint64_t num_rows,
                          int device);

/// The rows chosen of a column that `check` takes: one of the two above.
ChosenRows check_chosen(const ms_gpu_numbers& chosen, decltype(check_values) check, int device);

}  // namespace mainspring::gpu
