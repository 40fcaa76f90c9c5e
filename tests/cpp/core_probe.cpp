// csrc/runtime/core behind plain C functions, so that Python tests can hold it against slow,
// obvious expressions. Built for tests only, with the flags of a release.
#include <cstdint>

#include "runtime/core/crc.hpp"
#include "runtime/core/erf.hpp"
#include "runtime/core/exact_sum.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/kernels.hpp"
#include "runtime/core/math.hpp"
#include "runtime/core/status.hpp"
#include "runtime/core/tile.hpp"

using mainspring::ExactSum;
using mainspring::IsaLevel;
using mainspring::Kernels;

namespace {

using Scalar = double (*)(double) noexcept;

void each(Scalar function, const double* in, double* out, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) out[i] = function(in[i]);
}

const Kernels& level(uint32_t number) {
  return *mainspring::kernels_for(static_cast<IsaLevel>(number));
}

}  // namespace

extern "C" {

#pragma GCC visibility push(default)

void probe_exp(const double* in, double* out, uint64_t n) {
  each(mainspring::exp_value, in, out, n);
}
void probe_log1p(const double* in, double* out, uint64_t n) {
  each(mainspring::log1p_value, in, out, n);
}
void probe_log(const double* in, double* out, uint64_t n) {
  each(mainspring::log_value, in, out, n);
}
void probe_expm1(const double* in, double* out, uint64_t n) {
  each(mainspring::expm1_value, in, out, n);
}
void probe_erfc(const double* in, double* out, uint64_t n) {
  each(mainspring::erfc_value, in, out, n);
}
void probe_tanh(const double* in, double* out, uint64_t n) {
  each(mainspring::tanh_value, in, out, n);
}
void probe_normal_quantile(const double* in, double* out, uint64_t n) {
  each(mainspring::normal_quantile_value, in, out, n);
}
void probe_sigmoid(const double* in, double* out, uint64_t n) {
  each(mainspring::sigmoid_value, in, out, n);
}
void probe_sqrt(const double* in, double* out, uint64_t n) {
  each(mainspring::sqrt_value, in, out, n);
}

uint32_t probe_best_level() { return static_cast<uint32_t>(mainspring::detect_isa()); }
const char* probe_level_name(uint32_t number) { return level(number).name; }
void probe_kernel_affine(uint32_t l, const double* in, double* out, uint32_t n, double center,
                         double scale) {
  level(l).affine(in, out, n, center, scale);
}
void probe_kernel_exp(uint32_t l, const double* in, double* out, uint32_t n) {
  level(l).exp(in, out, n);
}
void probe_kernel_tanh(uint32_t l, const double* in, double* out, uint32_t n) {
  level(l).tanh(in, out, n);
}
void probe_kernel_log1p(uint32_t l, const double* in, double* out, uint32_t n) {
  level(l).log1p(in, out, n);
}
void probe_kernel_clip(uint32_t l, const double* in, double* out, uint32_t n, double low,
                       double high) {
  level(l).clip(in, out, n, low, high);
}
void probe_kernel_count_edges(uint32_t l, const double* in, int32_t* out, uint32_t n,
                              const double* edges, uint32_t num_edges) {
  level(l).count_edges(in, out, n, edges, num_edges);
}
void probe_kernel_valid_f64(uint32_t l, const double* in, uint64_t* out, uint32_t n) {
  level(l).valid_f64(in, out, n);
}
void probe_kernel_widen_f32(uint32_t l, const float* in, double* out, uint32_t n) {
  level(l).widen_f32(in, out, n);
}
void probe_kernel_widen_i32(uint32_t l, const int32_t* in, double* out, uint32_t n) {
  level(l).widen_i32(in, out, n);
}
void probe_kernel_widen_i64(uint32_t l, const int64_t* in, double* out, uint32_t n) {
  level(l).widen_i64(in, out, n);
}
void probe_kernel_narrow_f64(uint32_t l, const double* in, float* out, uint32_t n) {
  level(l).narrow_f64(in, out, n);
}
void probe_kernel_to_rows(uint32_t l, const float* columns, uint32_t num_features, uint32_t n,
                          float* out, uint64_t row_stride) {
  level(l).to_rows(columns, num_features, n, out, row_stride);
}

ExactSum* probe_sum_new() { return new ExactSum(); }
void probe_sum_delete(ExactSum* sum) { delete sum; }
void probe_sum_add(ExactSum* sum, double value) { sum->add(value); }
void probe_sum_add_all(ExactSum* sum, const double* values, uint64_t n) { sum->add_all(values, n); }
void probe_sum_add_product(ExactSum* sum, double a, double b) { sum->add_product(a, b); }
void probe_sum_add_repeated(ExactSum* sum, double value, uint64_t count) {
  sum->add_repeated(value, count);
}
void probe_sum_add_product_repeated(ExactSum* sum, double a, double b, uint64_t count) {
  sum->add_product_repeated(a, b, count);
}
void probe_sum_merge(ExactSum* sum, const ExactSum* other) { sum->merge(*other); }
void probe_sum_subtract(ExactSum* sum, const ExactSum* other) { sum->subtract(*other); }
double probe_sum_value(const ExactSum* sum) { return sum->value(); }
bool probe_sum_equal(const ExactSum* a, const ExactSum* b) { return *a == *b; }
uint32_t probe_sum_num_limbs() { return mainspring::kExactSumLimbs; }
int32_t probe_sum_low_exponent() { return mainspring::kExactSumLowExponent; }
void probe_sum_canonical(const ExactSum* sum, int64_t* limbs) { sum->canonical(limbs); }
void probe_sum_set(ExactSum* sum, const int64_t* limbs) { sum->set(limbs); }

uint64_t probe_hash_bytes(const uint8_t* data, uint64_t n) {
  return mainspring::hash_bytes(data, n);
}
uint64_t probe_hash_u64(uint64_t value) { return mainspring::hash_u64(value); }
uint64_t probe_combine_hashes(uint64_t a, uint64_t b) { return mainspring::combine_hashes(a, b); }
uint32_t probe_hash_bucket(uint64_t hash, uint32_t buckets) {
  return mainspring::hash_bucket(hash, buckets);
}
uint64_t probe_mix_row(uint64_t seed, uint64_t row) { return mainspring::mix_row(seed, row); }
uint32_t probe_crc32c(const uint8_t* data, uint64_t n, uint32_t crc) {
  return mainspring::crc32c(data, n, crc);
}
uint32_t probe_crc32c_portable(const uint8_t* data, uint64_t n, uint32_t crc) {
  return mainspring::crc32c_portable(data, n, crc);
}
const char* probe_status_message(uint32_t code) {
  return mainspring::status_message(static_cast<mainspring::Code>(code));
}

#pragma GCC visibility pop
}
