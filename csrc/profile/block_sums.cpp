// Blocks are cut at the width of the process's instruction set, the pieces added one by one.
#include "profile/block_sums.hpp"

#include <algorithm>
#include <cstring>

#include "host/bundle_image.hpp"

namespace mainspring {

namespace {

// Two lanes: what every 64-bit target has.
constexpr uint32_t kLaneBytes = 16;

/// The compiler may not reorder sums by itself.
typedef double Lanes __attribute__((vector_size(kLaneBytes), aligned(8), may_alias));

/// What the square, rounded to `product`, has lost: the halves of a number have squares that are
/// doubles (Dekker 1971, doi:10.1007/BF01397083, after Veltkamp).
inline Lanes error_of_square(Lanes value, Lanes product) {
  const Lanes scaled = 134217729.0 * value;  // 2^27 + 1
  const Lanes high = scaled - (scaled - value);
  const Lanes low = value - high;
  const Lanes twice = high * low;
  return ((high * high - product) + (twice + twice)) + low * low;
}

/// Without a branch: missing values are as many as no guess gets right.
inline uint32_t pack_lanes(const double* numbers, double* packed) {
  const uint32_t first = numbers[0] == numbers[0] ? 1 : 0;
  packed[0] = numbers[0];
  packed[first] = numbers[1];
  return first + (numbers[1] == numbers[1] ? 1 : 0);
}

inline uint32_t pack_lanes_between(const double* numbers, double low, double high, double* packed,
                                   uint64_t* below) {
  uint32_t kept = 0;
  for (uint32_t lane = 0; lane < 2; ++lane) {
    const double number = numbers[lane];
    packed[kept] = number;
    kept += static_cast<uint32_t>(number >= low) & static_cast<uint32_t>(number <= high);
    *below += number < low ? 1 : 0;
  }
  return kept;
}

#include "profile/block_forms.inc"

const BlockForms& choose_forms() {
  const IsaLevel level = process_kernels().level;
  const BlockForms* forms = nullptr;
  if (level == IsaLevel::kAvx512) forms = block_forms_avx512();
  if (forms == nullptr && level >= IsaLevel::kAvx2) forms = block_forms_avx2();
  return forms != nullptr ? *forms : *block_forms_baseline();
}

const BlockForms& process_forms() {
  static const BlockForms& forms = choose_forms();
  return forms;
}

/// The block is used up.
void add_all_exactly(const BlockForms& forms, double* block, ExactSum* sum) {
  double pieces[kMostCuts];
  double left = 0;
  const uint32_t count = forms.cut(block, pieces, &left);
  for (uint32_t i = 0; i < count; ++i) sum->add(pieces[i]);
  if (left != 0) sum->add_all(block, kSumBlock);
}

/// The unit so many times, which may be below 0.
void add_units(double unit, int64_t count, ExactSum* sum) {
  if (count > 0) sum->add_repeated(unit, static_cast<uint64_t>(count));
  if (count < 0) sum->add_repeated(-unit, static_cast<uint64_t>(-count));
}

}  // namespace

const BlockForms* block_forms_baseline() noexcept { return &kForms; }

uint32_t pack_present(const double* numbers, uint32_t count, double packed[kSumBlock]) {
  return process_forms().pack(numbers, count, packed);
}

uint32_t pack_between(std::span<const double> numbers, double low, double high,
                      double packed[kSumBlock], uint64_t* below) {
  return process_forms().pack_between(numbers.data(), static_cast<uint32_t>(numbers.size()), low,
                                      high, packed, below);
}

void add_block(const double* values, uint32_t count, ExactSum* sum, ExactSum* squares) {
  alignas(64) double block[kSumBlock];
  std::memcpy(block, values, count * sizeof(double));
  use_up_block(block, count, sum, squares);
}

bool add_near_block(double block[kSumBlock], uint32_t count, ExactSum* sum, ExactSum* squares) {
  std::fill(block + count, block + kSumBlock, 0.0);
  NearSums near;
  if (!process_forms().sum_near(block, &near)) return false;
  for (uint32_t i = 0; i < NearSums::kUnits; ++i) {
    add_units(near.units[i], near.counts[i], i < NearSums::kNumbers ? sum : squares);
  }
  return true;
}

void use_up_block(double block[kSumBlock], uint32_t count, ExactSum* sum, ExactSum* squares) {
  if (add_near_block(block, count, sum, squares)) return;
  const BlockForms& forms = process_forms();
  alignas(64) double products[kSumBlock];
  alignas(64) double errors[kSumBlock];
  if (forms.square(block, products, errors)) {
    add_all_exactly(forms, products, squares);
    add_all_exactly(forms, errors, squares);
  } else {
    for (uint32_t i = 0; i < count; ++i) squares->add_product(block[i], block[i]);
  }
  add_all_exactly(forms, block, sum);
}

}  // namespace mainspring
