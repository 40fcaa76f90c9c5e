// One number that stands for the bits of exp, log1p, the logistic function and the kernels over
// many inputs: the same on every CPU, compiler and level, so a build for another target proves
// itself by running this program.
#include <bit>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "check.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/kernels.hpp"
#include "runtime/core/math.hpp"

using namespace mainspring;

namespace {

constexpr uint32_t kTiles = 400;

/// Half of them any bit pattern, half ordinary numbers; made from integers, so the same everywhere.
std::vector<double> inputs() {
  std::vector<double> values(uint64_t{kTiles} * kTileRows);
  for (uint64_t i = 0; i < values.size(); ++i) {
    const uint64_t bits = hash_u64(i);
    const double unit = static_cast<double>(bits >> 11) * 0x1p-53 - 0.5;
    values[i] = i % 2 == 0 ? std::bit_cast<double>(bits) : unit * (i % 3 == 0 ? 1500.0 : 4.0);
  }
  return values;
}

uint64_t digest(const std::vector<double>& values) {
  uint64_t state = 0;
  for (const double value : values) state = combine_hashes(state, std::bit_cast<uint64_t>(value));
  return state;
}

void expect(uint64_t got, uint64_t want, const char* what) {
  if (!check(got == want, what)) {
    std::fprintf(stderr, "  digest of %s: 0x%016llX\n", what, static_cast<unsigned long long>(got));
  }
}

}  // namespace

int main() {
  constexpr uint64_t kExp = 0x80A7161A1A388965, kLog1p = 0x994C7825F38EAB40;
  const std::vector<double> in = inputs();
  std::vector<double> out(in.size());
  for (uint64_t i = 0; i < in.size(); ++i) out[i] = sigmoid_value(in[i]);
  expect(digest(out), 0x383CA5ACFA391D0C, "sigmoid_value");
  for (uint64_t i = 0; i < in.size(); ++i) out[i] = exp_value(in[i]);
  expect(digest(out), kExp, "exp_value");
  for (uint64_t i = 0; i < in.size(); ++i) out[i] = log1p_value(in[i]);
  expect(digest(out), kLog1p, "log1p_value");
  for (uint32_t level = 0; level <= static_cast<uint32_t>(detect_isa()); ++level) {
    const Kernels& kernels = *kernels_for(static_cast<IsaLevel>(level));
    const auto each_tile = [&](auto kernel) {
      for (uint64_t at = 0; at < in.size(); at += kTileRows) kernel(&in[at], &out[at]);
    };
    each_tile([&](const double* from, double* to) { kernels.exp(from, to, kTileRows); });
    expect(digest(out), kExp, kernels.name);
    each_tile([&](const double* from, double* to) { kernels.log1p(from, to, kTileRows); });
    expect(digest(out), kLog1p, kernels.name);
    each_tile(
        [&](const double* from, double* to) { kernels.affine(from, to, kTileRows, 0.3, 7.1); });
    expect(digest(out), 0xF09AC53D3BE43469, kernels.name);
  }
  return finish();
}
