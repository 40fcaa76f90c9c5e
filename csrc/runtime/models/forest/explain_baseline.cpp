// Contributions of features, for any CPU.
#include "runtime/models/forest/explain.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kLanes = 2;
typedef int64_t Places __attribute__((vector_size(kLanes * 8)));
constexpr Places kPlaces = {1, 2};

inline uint64_t bits_at_most(const double* values, double threshold) {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < 8; ++i) bits |= uint64_t{values[i] <= threshold} << i;
  return bits;
}

#include "runtime/models/forest/explain.inc"

}  // namespace

ExplainTree explain_baseline() noexcept { return &explain_tree; }

}  // namespace mainspring
