// What every binding of training needs: this process's kernels, its threads, and pointers that
// Python hands over as integers.
#pragma once
#include <cstdint>

#include "host/bundle_image.hpp"
#include "host/thread_pool.hpp"
#include "train/kernels.hpp"

namespace mainspring::bind {

inline const train::TrainKernels& training_kernels() {
  static const train::TrainKernels& kernels = train::train_kernels(process_kernels().level);
  return kernels;
}

inline train::Workers training_workers() { return {&parallel_for, num_threads()}; }

/// The memory of a tensor that Python keeps alive during the call; 0 is null.
template <class T>
T* at_address(uint64_t address) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(address));
}

}  // namespace mainspring::bind
