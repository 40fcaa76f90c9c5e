// Which instruction set's kernels run.
#include "runtime/models/forest/sliced.hpp"

#include "runtime/models/forest/given_ranks.hpp"
#include "runtime/models/forest/quick_bytes.hpp"
#include "runtime/models/forest/ways.hpp"

namespace mainspring {

#if defined(MAINSPRING_SMALL) && !defined(MAINSPRING_BLOCKS)

uint64_t sliced_scratch_bytes(const ForestView&, uint32_t) noexcept { return 0; }
void predict_sliced(const SlicedJob&, IsaLevel, uint8_t*, double*) noexcept {}

#else

uint64_t sliced_scratch_bytes(const ForestView& forest, uint32_t num_outputs) noexcept {
  if (forest.program == nullptr) return 0;
  const SlicedHeader& header = *view_sliced(forest.program, *forest.header).header;
  const uint64_t blocks = sliced_scratch(header, num_outputs, sliced_rows(header)).length;
  const uint64_t bits = kHasRowForms && header.num_bits != 0 ? bit_scratch(header).length : 0;
  return blocks > bits ? blocks : bits;
}

void predict_sliced(const SlicedJob& job, IsaLevel level, uint8_t* scratch, double* out) noexcept {
  PredictSliced predict = nullptr;
  if (level == IsaLevel::kAvx512) predict = sliced_avx512();
  if (level == IsaLevel::kAvx2) predict = sliced_avx2();
  if (predict == nullptr) predict = sliced_baseline();
  predict(job, scratch, out);
}

#endif

#if defined(MAINSPRING_SMALL)

void predict_bits(const SlicedJob&, IsaLevel, uint8_t*, double*) noexcept {}
void predict_quick(const SlicedJob&, double*) noexcept {}
bool has_quick(const SlicedView&, IsaLevel) noexcept { return false; }

#else

namespace {

#include "runtime/models/forest/ranks.inc"

}  // namespace

void predict_bits(const SlicedJob& job, IsaLevel level, uint8_t* scratch, double* out) noexcept {
  PredictSliced predict = nullptr;
  if (level == IsaLevel::kAvx512) predict = bit_walk_avx512();
  if (level == IsaLevel::kAvx2) predict = bit_walk_avx2();
  if (predict == nullptr) predict = bit_walk_baseline();
  predict(job, scratch, out);
}

bool has_quick(const SlicedView& view, IsaLevel level) noexcept {
  return view.quick.num_trees != 0 && level == IsaLevel::kAvx512 && quick_avx512() != nullptr;
}

void predict_quick(const SlicedJob& job, double* out) noexcept {
  if (job.features.num_rows >= kFewestQuickRows) return quick_rows_avx512()(job, out);
  if (job.quick_bytes != nullptr) return quick_bytes_avx512()(job, *job.quick_bytes, out);
  quick_avx512()(job, out);
}

void rank_numbers(IsaLevel level, const RankTable& table, double* numbers, uint32_t num_rows,
                  uint8_t* below, uint8_t* above) noexcept {
  RankTile rank = nullptr;
  if (level == IsaLevel::kAvx512) rank = ranks_avx512();
  if (level == IsaLevel::kAvx2) rank = ranks_avx2();
  if (rank == nullptr) rank = ranks_baseline();
  rank(table, numbers, num_rows, below, above);
}

void find_class_places(const SlicedView& view, const SlicedCategories& categories,
                       const float* features, uint32_t num_rows, uint32_t* places) noexcept {
  const uint64_t* const first = view.class_words + categories.first_word;
  for (uint32_t row = 0; row < num_rows; ++row) {
    const uint64_t* words = class_words_of(view, categories, static_cast<double>(features[row]));
    places[row] = static_cast<uint32_t>(words - first);
  }
}

#endif

}  // namespace mainspring
