// Training kernels for CPUs with AVX-512; where the compiler has none, those of the level below.
#if defined(__AVX512F__)

#include "train/kernels.inc"

namespace mainspring::train {

const TrainKernels& train_kernels_avx512() noexcept { return kTable; }

}  // namespace mainspring::train

#else

#include "train/kernels.hpp"

namespace mainspring::train {

const TrainKernels& train_kernels_avx512() noexcept { return train_kernels_baseline(); }

}  // namespace mainspring::train

#endif
