// Blocks are cut at the width of the process's instruction set, the pieces added one by one.
#include "profile/block_sums.hpp"

#include <cstring>

#include "host/bundle_image.hpp"

namespace mainspring {

namespace {

// Two lanes: what every 64-bit target has.
constexpr uint32_t kLaneBytes = 16;

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

}  // namespace

const BlockForms* block_forms_baseline() noexcept { return &kForms; }

void add_block(const double* values, uint32_t count, ExactSum* sum, ExactSum* squares) {
  const BlockForms& forms = process_forms();
  alignas(64) double plain[kSumBlock] = {};
  std::memcpy(plain, values, count * sizeof(double));
  alignas(64) double products[kSumBlock];
  alignas(64) double errors[kSumBlock];
  if (forms.square(plain, products, errors)) {
    add_all_exactly(forms, products, squares);
    add_all_exactly(forms, errors, squares);
  } else {
    for (uint32_t i = 0; i < count; ++i) squares->add_product(values[i], values[i]);
  }
  add_all_exactly(forms, plain, sum);
}

}  // namespace mainspring
