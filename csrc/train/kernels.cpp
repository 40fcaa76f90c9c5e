// Which of the tables of training kernels a level has.
#include "train/kernels.hpp"

namespace mainspring::train {

const TrainKernels& train_kernels(IsaLevel level) noexcept {
  switch (level) {
    case IsaLevel::kAvx512: return train_kernels_avx512();
    case IsaLevel::kAvx2: return train_kernels_avx2();
    case IsaLevel::kBaseline: return train_kernels_baseline();
  }
  return train_kernels_baseline();
}

}  // namespace mainspring::train
