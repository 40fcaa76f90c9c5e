// From raw scores to what was asked for: the link, and two columns for a binary classifier.
#include "runtime/predictor/output.hpp"

namespace mainspring {

uint32_t output_width(const BundleView& bundle, OutputKind kind) noexcept {
  if (bundle.model.model == nullptr) return 0;
  const ModelHeader& header = *bundle.model.header;
  if (kind != OutputKind::kProba) return header.num_outputs;
  return header.num_classes;
}

void finish_scores(const ModelHeader& header, const Kernels& kernels, OutputKind kind,
                   uint32_t num_rows, double* scores) noexcept {
  if (kind == OutputKind::kRaw) return;
  apply_link(header, num_rows, scores, kernels);
  if (kind != OutputKind::kProba || header.num_outputs != 1) return;
  // One score a row becomes two columns: from the last row on, so that none is overwritten unread.
  for (uint32_t row = num_rows; row-- > 0;) {
    const double second = scores[row];
    scores[2 * row] = 1.0 - second;
    scores[2 * row + 1] = second;
  }
}

}  // namespace mainspring
