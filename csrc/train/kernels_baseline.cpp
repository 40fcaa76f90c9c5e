// Training kernels for every CPU.
#include "train/kernels.inc"

namespace mainspring::train {

const TrainKernels& train_kernels_baseline() noexcept { return kTable; }

}  // namespace mainspring::train
