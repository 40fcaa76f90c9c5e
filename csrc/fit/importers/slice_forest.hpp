// The bit-sliced program of a forest (runtime/models/forest/sliced.hpp), from its canonical arrays.
#pragma once
#include <cstdint>
#include <vector>

#include "runtime/models/forest/forest.hpp"

namespace mainspring {

/// Puts the program behind the arrays of a MODEL section that has none yet. It is made from these
/// alone: whoever has them can make it again. Nothing is added where walking the trees is the
/// better way, or the only one: trees of thousands of leaves, hundreds of thousands of categories,
/// hundreds of outputs.
void add_sliced_program(std::vector<uint8_t>& section);

}  // namespace mainspring
