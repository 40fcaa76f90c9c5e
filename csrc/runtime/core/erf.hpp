// The complementary error function, with the same bits on every CPU.
#pragma once

namespace mainspring {

double erfc_value(double x) noexcept;  // 1 - erf(x), within 4 ulp while it is a normal number

}  // namespace mainspring
