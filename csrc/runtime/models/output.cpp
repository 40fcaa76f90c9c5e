// From raw scores to what was asked for: the link, the number of the class that a classifier
// decides for, and two columns for the probabilities of a binary one.
#include "runtime/models/output.hpp"

namespace mainspring {

namespace {

bool decides(const ModelHeader& header, OutputKind kind) {
  return kind == OutputKind::kPredict && header.decision != static_cast<uint32_t>(Decision::kNone);
}

}  // namespace

uint32_t output_width(const ModelHeader& header, OutputKind kind) noexcept {
  if (kind == OutputKind::kProba) return has_probabilities(header) ? header.num_classes : 0;
  return decides(header, kind) ? 1 : header.num_outputs;
}

bool decides_among_outputs(const ModelHeader& header, OutputKind kind) noexcept {
  return decides(header, kind) && header.num_outputs != 1;
}

void finish_scores(const ModelHeader& header, const Kernels& kernels, OutputKind kind,
                   uint32_t num_rows, double* scores, double* out) noexcept {
  if (kind == OutputKind::kRaw) return;
  const bool on_raw = header.decision == static_cast<uint32_t>(Decision::kRaw);
  if (kind != OutputKind::kPredict || !on_raw) apply_link(header, num_rows, scores, kernels);
  if (decides(header, kind)) decide(header, num_rows, scores, out);
  if (kind != OutputKind::kProba || header.num_outputs != 1) return;
  // One score a row becomes two columns: from the last row on, so that none is overwritten unread.
  for (uint32_t row = num_rows; row-- > 0;) {
    const double second = scores[row];
    scores[2 * row] = 1.0 - second;
    scores[2 * row + 1] = second;
  }
}

}  // namespace mainspring
