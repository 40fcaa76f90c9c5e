// What a CPU of a level may have besides (kernels.hpp).
#pragma once

namespace mainspring {

/// Whether this CPU turns bits and permutes bytes in registers of 512 bits (GFNI and VBMI); asks it
/// once.
bool has_gfni() noexcept;

}  // namespace mainspring
