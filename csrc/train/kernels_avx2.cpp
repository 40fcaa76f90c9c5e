// Training kernels for CPUs with AVX2 and FMA; where the compiler has none, those of the level
// below.
#if defined(__AVX2__)

#include "train/kernels.inc"

namespace mainspring::train {

const TrainKernels& train_kernels_avx2() noexcept { return kTable; }

}  // namespace mainspring::train

#else

#include "train/kernels.hpp"

namespace mainspring::train {

const TrainKernels& train_kernels_avx2() noexcept { return train_kernels_baseline(); }

}  // namespace mainspring::train

#endif
