// One small pool for the whole process: fork-safe, sized by what the process may really use
// (affinity, cgroup quota).
#pragma once
#include <cstdint>
#include <functional>

namespace mainspring {

/// Threads that parallel_for may use, the caller's included. Default: usable cores, or
/// MAINSPRING_NUM_THREADS.
uint32_t num_threads() noexcept;
/// Throws Error(kParameter) for 0 or more than 1024.
void set_num_threads(uint32_t count);

/// Calls body(item, worker) for every item in [0, num_items), each once, in any order; `worker` <
/// num_threads() says whose scratch to use. Items are taken from an atomic counter; the caller
/// works too; a call from inside a body runs on the caller alone. The first exception thrown by a
/// body is rethrown here after all workers have stopped.
void parallel_for(uint64_t num_items,
                  const std::function<void(uint64_t item, uint32_t worker)>& body);

}  // namespace mainspring
