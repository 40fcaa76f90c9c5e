// Exact sums as bytes of a state: only the limbs that say something.
#pragma once
#include "host/state_bytes.hpp"
#include "runtime/core/exact_sum.hpp"

namespace mainspring {

void write_sum(StateWriter& writer, const ExactSum& sum);

/// Throws Error(kBundleCorrupt) for what write_sum never wrote.
ExactSum read_sum(StateReader& reader);

}  // namespace mainspring
