// Words of validity against words of numbers; a column without NaN that is kept has none of them.
#include "runtime/steps/kept_nan.hpp"

namespace mainspring {

KeptNan::KeptNan(const Tile& in, const Kernels& kernels) noexcept {
  kernels.valid_f64(values_of<double>(in), rows_, in.num_rows);
  for (uint32_t word = 0; word < kValidityWords; ++word) {
    rows_[word] = in.validity[word] & ~rows_[word];
  }
}

void KeptNan::set_validity(const Tile& out, const Kernels& kernels) const noexcept {
  kernels.valid_f64(values_of<double>(out), out.validity, out.num_rows);
  for (uint32_t word = 0; word < kValidityWords; ++word) out.validity[word] |= rows_[word];
}

void KeptNan::write(const Tile& out) const noexcept {
  for (uint32_t word = 0; word < kValidityWords; ++word) {
    for (uint64_t bits = rows_[word]; bits != 0; bits &= bits - 1) {
      values_of<double>(out)[word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits))] =
          __builtin_nan("");
    }
  }
}

}  // namespace mainspring
