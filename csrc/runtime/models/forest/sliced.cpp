// Which of the block kernels runs.
#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

uint64_t sliced_scratch_bytes(const ForestView& forest, uint32_t num_outputs) noexcept {
#if defined(MAINSPRING_SMALL)
  (void)forest, (void)num_outputs;
  return 0;
#else
  if (forest.program == nullptr) return 0;
  const SlicedHeader& header = *view_sliced(forest.program, forest.header->num_trees).header;
  return sliced_scratch(header, num_outputs, sliced_rows(header)).length;
#endif
}

bool has_block_kernels() noexcept {
#if defined(MAINSPRING_SMALL)
  return false;
#else
  return true;
#endif
}

void predict_sliced(const SlicedJob& job, IsaLevel level, uint8_t* scratch, double* out) noexcept {
#if defined(MAINSPRING_SMALL)
  (void)job, (void)level, (void)scratch, (void)out;
#else
  PredictSliced predict = nullptr;
  if (level == IsaLevel::kAvx512) predict = sliced_avx512();
  if (level == IsaLevel::kAvx2) predict = sliced_avx2();
  if (predict == nullptr) predict = sliced_baseline();
  predict(job, scratch, out);
#endif
}

bool is_quick(const SlicedView& view, uint32_t num_rows, IsaLevel level) noexcept {
#if defined(MAINSPRING_SMALL)
  (void)view, (void)num_rows, (void)level;
  return false;
#else
  return view.quick.num_trees != 0 && num_rows < kFewestRowsBeyondQuick &&
         level == IsaLevel::kAvx512 && quick_avx512() != nullptr;
#endif
}

void predict_quick(const SlicedJob& job, double* out) noexcept {
#if defined(MAINSPRING_SMALL)
  (void)job, (void)out;
#else
  quick_avx512()(job, out);
#endif
}

}  // namespace mainspring
