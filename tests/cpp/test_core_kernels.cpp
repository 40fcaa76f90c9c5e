// Every kernel of every level that this CPU has, against one value at a time: same bits for every
// length, in place or not, and not a byte written past the end.
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "check.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/kernels.hpp"
#include "runtime/core/math.hpp"

using namespace mainspring;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::bit_cast<double>(uint64_t{0x7FF8000000000000});
constexpr uint64_t kGuard = 0xA5A5A5A5A5A5A5A5ull;

double canonical(double value) { return value == value ? value : kNan; }

std::vector<uint32_t> lengths() {
  std::vector<uint32_t> all;
  for (uint32_t n = 0; n <= 17; ++n) all.push_back(n);
  for (const uint32_t n : {31u, 32u, 33u, 63u, 64u, 65u, 127u, 128u, 129u, 255u, 256u, 257u}) {
    all.push_back(n);
  }
  for (uint32_t n = 500; n <= 512; ++n) all.push_back(n);
  return all;
}

/// Ordinary numbers, any bit pattern, and the borders where forms change.
std::vector<double> inputs() {
  std::vector<double> values = {
      0.0,     -0.0,     1.0,       -1.0,      kInf,      -kInf,   kNan,     5e-324,
      -5e-324, 2.5e-308, -2.5e-308, 1.7e308,   -1.7e308,  709.78,  709.79,   -745.13,
      -745.14, 710.0,    -746.0,    -0.999999, -1.000001, 0x1p-54, -0x1p-54, 0x1p53,
      0x1p54,  0x1.8p54, 0.414213,  -0.292893, 0.346573,  0.34658, 1e-20,    -1e-20};
  values.push_back(std::bit_cast<double>(uint64_t{0xFFF8000000000001}));  // a NaN of another kind
  values.push_back(std::bit_cast<double>(uint64_t{0x7FF0000000000001}));  // a signalling one
  for (uint64_t i = 0; values.size() < 8192; ++i) {
    const uint64_t bits = hash_u64(i);
    values.push_back(i % 2 == 0 ? std::bit_cast<double>(bits)
                                : (static_cast<double>(bits >> 11) * 0x1p-53 - 0.5) * 40.0);
  }
  return values;
}

bool same_bits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

/// Runs `kernel(in, out, n)` on every length, apart and in place, and compares with `scalar(x)`.
template <class Kernel, class ScalarForm>
void compare(Kernel kernel, ScalarForm scalar, std::string_view what) {
  const std::vector<double> all = inputs();
  uint64_t start = 0;
  for (const uint32_t n : lengths()) {
    start = (start + 509) % (all.size() - kTileRows);
    const double* in = all.data() + start;
    std::vector<double> out(n + 8, std::bit_cast<double>(kGuard));
    kernel(in, out.data(), n);
    for (uint32_t i = 0; i < n; ++i) check(same_bits(out[i], scalar(in[i])), what);
    for (uint32_t i = n; i < n + 8; ++i) check(std::bit_cast<uint64_t>(out[i]) == kGuard, "guard");
    std::vector<double> both(in, in + n);
    kernel(both.data(), both.data(), n);
    for (uint32_t i = 0; i < n; ++i) check(same_bits(both[i], out[i]), "in place");
  }
  for (uint64_t first = 0; first + kTileRows <= all.size(); first += kTileRows) {
    double out[kTileRows];
    kernel(all.data() + first, out, kTileRows);
    for (uint32_t i = 0; i < kTileRows; ++i) check(same_bits(out[i], scalar(all[first + i])), what);
  }
}

void test_forms(const Kernels& kernels) {
  compare(kernels.exp, exp_value, "exp");
  compare(kernels.log1p, log1p_value, "log1p");
  const double pairs[][2] = {{0.5, 3.7}, {-1e300, 1e-300}, {0.0, 0.0}, {kNan, 1.0}, {1.0, -kInf}};
  for (const auto& [a, b] : pairs) {
    compare([&, a = a, b = b](const double* in, double* out,
                              uint32_t n) { kernels.affine(in, out, n, a, b); },
            [a = a, b = b](double x) { return canonical((x - a) / b); }, "affine");
  }
  const double limits[][2] = {{-1.5, 2.5}, {-kInf, kInf}, {0.0, 0.0}, {-kInf, -3.0}, {4.0, kInf}};
  for (const auto& [low, high] : limits) {
    compare([&, low = low, high = high](const double* in, double* out,
                                        uint32_t n) { kernels.clip(in, out, n, low, high); },
            [low = low, high = high](double x) {
              if (x != x) return kNan;
              return x < low ? low : x > high ? high : x;
            },
            "clip");
  }
}

void test_conversions(const Kernels& kernels) {
  const std::vector<double> all = inputs();
  for (const uint32_t n : lengths()) {
    std::vector<float> narrow(n + 4, 77.0f), floats(n);
    std::vector<double> wide(n);
    std::vector<int32_t> small(n);
    std::vector<int64_t> large(n);
    for (uint32_t i = 0; i < n; ++i) {
      const uint64_t bits = hash_u64(i + n);
      floats[i] = std::bit_cast<float>(static_cast<uint32_t>(bits));
      small[i] = static_cast<int32_t>(bits);
      large[i] = i % 2 == 0 ? static_cast<int64_t>(bits) : static_cast<int64_t>(bits) >> 40;
    }
    kernels.narrow_f64(all.data(), narrow.data(), n);
    for (uint32_t i = 0; i < n; ++i) {
      const float want =
          all[i] != all[i] ? std::bit_cast<float>(0x7FC00000u) : static_cast<float>(all[i]);
      check(std::bit_cast<uint32_t>(narrow[i]) == std::bit_cast<uint32_t>(want), "narrow_f64");
    }
    for (uint32_t i = n; i < n + 4; ++i) check(narrow[i] == 77.0f, "guard of narrow_f64");
    kernels.widen_f32(floats.data(), wide.data(), n);
    for (uint32_t i = 0; i < n; ++i) {
      check(same_bits(wide[i], canonical(static_cast<double>(floats[i]))), "widen_f32");
    }
    kernels.widen_i32(small.data(), wide.data(), n);
    for (uint32_t i = 0; i < n; ++i) check(wide[i] == static_cast<double>(small[i]), "widen_i32");
    kernels.widen_i64(large.data(), wide.data(), n);
    for (uint32_t i = 0; i < n; ++i) check(wide[i] == static_cast<double>(large[i]), "widen_i64");
  }
}

void test_validity(const Kernels& kernels) {
  const std::vector<double> all = inputs();
  for (const uint32_t n : lengths()) {
    const std::vector<double> in(all.begin(), all.begin() + n);
    uint64_t validity[kValidityWords + 1];
    std::memset(validity, 0xA5, sizeof(validity));
    kernels.valid_f64(in.data(), validity, n);
    for (uint32_t i = 0; i < kTileRows; ++i) {
      check(is_valid(validity, i) == (i < n && in[i] == in[i]), "valid_f64");
    }
    check(validity[kValidityWords] == kGuard, "guard of valid_f64");
  }
}

void test_edges(const Kernels& kernels) {
  const std::vector<double> all = inputs();
  for (const uint32_t num_edges : {0u, 1u, 2u, 3u, 7u, 23u, 24u, 25u, 47u, 48u, 49u, 63u, 64u, 65u,
                                   100u, 255u, 256u, 257u, 1000u}) {
    std::vector<double> edges(num_edges);
    for (uint32_t e = 0; e < num_edges; ++e) edges[e] = e / 4 * 0.25 - 20.0;  // with repetitions
    if (num_edges > 2) {
      edges.front() = -kInf;
      edges.back() = kInf;
    }
    for (const uint32_t n : lengths()) {
      std::vector<double> in(all.begin() + n, all.begin() + 2 * n);
      for (uint32_t i = 0; i < n && num_edges != 0; i += 5) in[i] = edges[i % num_edges];
      std::vector<int32_t> out(n + 4, -7);
      kernels.count_edges(in.data(), out.data(), n, edges.data(), num_edges);
      for (uint32_t i = 0; i < n; ++i) {
        int32_t want = 0;
        for (const double edge : edges) want += edge <= in[i] ? 1 : 0;
        check(out[i] == want, "count_edges");
      }
      for (uint32_t i = n; i < n + 4; ++i) check(out[i] == -7, "guard of count_edges");
    }
  }
}

void test_rows(const Kernels& kernels) {
  for (const uint32_t num_features : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 15u, 16u, 17u, 31u, 33u}) {
    std::vector<float> columns(uint64_t{num_features} * kTileRows);
    for (uint64_t i = 0; i < columns.size(); ++i) columns[i] = static_cast<float>(i);
    for (const uint32_t n : lengths()) {
      for (const uint32_t gap : {0u, 3u}) {
        const uint64_t stride = num_features + gap;
        std::vector<float> rows(n * stride, -1.0f);  // exact: a store past the end is an ASan error
        kernels.to_rows(columns.data(), num_features, n, rows.data(), stride);
        for (uint32_t row = 0; row < n; ++row) {
          for (uint32_t f = 0; f < stride; ++f) {
            const float want = f < num_features ? columns[uint64_t{f} * kTileRows + row] : -1.0f;
            check(rows[row * stride + f] == want, f < num_features ? "to_rows" : "between rows");
          }
        }
      }
    }
  }
}

void test_levels() {
  const auto best = static_cast<uint32_t>(detect_isa());
  check(std::string_view(kernels_for(IsaLevel::kBaseline)->name) == "baseline", "baseline");
  check(kernels_for(IsaLevel::kBaseline) == kernels_baseline(), "baseline table");
  check(kernels_for(IsaLevel::kAvx512) == kernels_for(static_cast<IsaLevel>(best)),
        "asking for more than the CPU has gives the best it has");
  if (best >= 1) check(kernels_for(IsaLevel::kAvx2) == kernels_avx2(), "avx2 table");
  if (best >= 2) check(kernels_for(IsaLevel::kAvx512) == kernels_avx512(), "avx512 table");
}

}  // namespace

int main() {
  test_levels();
  for (uint32_t level = 0; level <= static_cast<uint32_t>(detect_isa()); ++level) {
    const Kernels& kernels = *kernels_for(static_cast<IsaLevel>(level));
    test_forms(kernels);
    test_conversions(kernels);
    test_validity(kernels);
    test_edges(kernels);
    test_rows(kernels);
    if (num_failed_checks() != 0) std::fprintf(stderr, "level %s\n", kernels.name);
  }
  return finish();
}
