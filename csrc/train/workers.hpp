// Threads as training sees them: given by the caller, since they belong to a layer above.
#pragma once
#include <cstdint>
#include <functional>

namespace mainspring::train {

/// Calls body(item, worker) once for every item, in any order; worker < count says whose scratch to
/// use. What an item computes must not depend on the others, nor on the number of workers.
struct Workers {
  void (*run)(uint64_t num_items,
              const std::function<void(uint64_t item, uint32_t worker)>& body) = nullptr;
  uint32_t count = 1;
};

}  // namespace mainspring::train
