// The CUDA kernel against the CPU's, bit for bit. Without a device it prints the one error and
// exits with 77, which callers read as "skipped". Built only with MAINSPRING_CUDA=ON.
#include <bit>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "check.hpp"
#include "host/cuda_kernels.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/kernels.hpp"

using namespace mainspring;

int main() {
  double one[1] = {1.0};
  if (const char* problem = cuda_device_problem()) {
    const char* error = cuda_affine(one, one, 1, 0.5, 2.0);
    check(error != nullptr && std::string_view(error) == problem, "a call gives the same error");
    check(one[0] == 1.0, "the output is left alone");
    std::printf("no CUDA device: %s\n", problem);
    return num_failed_checks() == 0 ? 77 : finish();
  }
  // Every bit pattern is a double: normal, subnormal, infinite and NaN ones alike.
  std::vector<double> in(100003), out(in.size()), want(in.size());
  for (uint64_t i = 0; i < in.size(); ++i) in[i] = std::bit_cast<double>(hash_u64(i));
  const double parameters[][2] = {{0.5, 3.7}, {-1e300, 1e-300}, {0.0, 0.0}, {5e-324, 7.0}};
  for (const auto& [center, scale] : parameters) {
    check(cuda_affine(in.data(), out.data(), in.size(), center, scale) == nullptr, "runs");
    for (uint64_t i = 0; i < in.size(); i += kTileRows) {
      const uint64_t left = in.size() - i;
      kernels_baseline()->affine(in.data() + i, want.data() + i,
                                 static_cast<uint32_t>(left < kTileRows ? left : kTileRows), center,
                                 scale);
    }
    for (uint64_t i = 0; i < in.size(); ++i) {
      check(std::bit_cast<uint64_t>(out[i]) == std::bit_cast<uint64_t>(want[i]), "same bits");
    }
  }
  check(cuda_affine(one, one, 0, 0.0, 1.0) == nullptr, "no values are fine");
  return finish();
}
