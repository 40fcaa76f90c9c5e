// Raw scores to what the source library's predict returns: its formulas, with our own exp, so that
// every platform and every batch size gives the same bits.
#include "runtime/models/model.hpp"

namespace mainspring {

namespace {

using TileFunction = void (*)(const double*, double*, uint32_t);

/// A kernel takes at most kTileRows values a call.
void apply_tiles(TileFunction function, double* values, uint64_t count) {
  for (uint64_t first = 0; first < count; first += kTileRows) {
    const uint64_t left = count - first;
    const auto length = static_cast<uint32_t>(left < kTileRows ? left : kTileRows);
    function(values + first, values + first, length);
  }
}

void sigmoid(double* values, uint64_t count, double scale, const Kernels& kernels) {
  for (uint64_t i = 0; i < count; ++i) values[i] *= -scale;
  apply_tiles(kernels.exp, values, count);
  for (uint64_t i = 0; i < count; ++i) values[i] = 1.0 / (1.0 + values[i]);
}

void softmax(double* values, uint32_t num_rows, uint32_t num_outputs, const Kernels& kernels) {
  for (uint32_t row = 0; row < num_rows; ++row) {
    double* scores = values + uint64_t{row} * num_outputs;
    double highest = scores[0];
    for (uint32_t i = 1; i < num_outputs; ++i) highest = scores[i] > highest ? scores[i] : highest;
    for (uint32_t i = 0; i < num_outputs; ++i) scores[i] -= highest;
  }
  apply_tiles(kernels.exp, values, uint64_t{num_rows} * num_outputs);
  share_rows(values, num_rows, num_outputs);
}

double signed_square(double value) {
  const double sign = static_cast<double>(value > 0) - static_cast<double>(value < 0);
  return sign * value * value;
}

/// As NumPy's argmax: the first of the highest, and the first NaN above all.
uint32_t first_highest(const double* scores, uint32_t count) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < count && scores[best] == scores[best]; ++i) {
    if (!(scores[i] <= scores[best])) best = i;
  }
  return best;
}

}  // namespace

void share_rows(double* values, uint32_t num_rows, uint32_t width) noexcept {
  for (uint32_t row = 0; row < num_rows; ++row) {
    double* scores = values + uint64_t{row} * width;
    double total = 0;
    for (uint32_t i = 0; i < width; ++i) total += scores[i];
    for (uint32_t i = 0; i < width; ++i) {
      scores[i] = total == 0 ? 1.0 / width : scores[i] / total;
    }
  }
}

bool has_probabilities(const ModelHeader& header) noexcept {
  return header.num_classes != 0 && (header.decision != static_cast<uint32_t>(Decision::kRaw) ||
                                     header.link != static_cast<uint32_t>(Link::kIdentity));
}

void decide(const ModelHeader& header, uint32_t num_rows, const double* scores,
            double* classes) noexcept {
  const uint32_t width = header.num_outputs;
  for (uint32_t row = 0; row < num_rows; ++row) {
    classes[row] = width == 1 ? static_cast<double>(scores[row] > header.threshold)
                              : first_highest(scores + uint64_t{row} * width, width);
  }
}

const char* link_name(Link link) noexcept {
  switch (link) {
    case Link::kIdentity: return "identity";
    case Link::kSigmoid: return "sigmoid";
    case Link::kSoftmax: return "softmax";
    case Link::kExp: return "exp";
    case Link::kLog1pExp: return "log1pexp";
    case Link::kSignedSquare: return "signed_square";
    case Link::kSigmoidShare: return "sigmoid_share";
  }
  return "unknown";
}

void apply_link(const ModelHeader& header, uint32_t num_rows, double* scores,
                const Kernels& kernels) noexcept {
  const uint64_t count = uint64_t{num_rows} * header.num_outputs;
  if (header.link_divisor != 1) {
    for (uint64_t i = 0; i < count; ++i) scores[i] /= header.link_divisor;
  }
  switch (static_cast<Link>(header.link)) {
    case Link::kIdentity: break;
    case Link::kSigmoid: sigmoid(scores, count, header.link_scale, kernels); break;
    case Link::kSigmoidShare:
      sigmoid(scores, count, header.link_scale, kernels);
      share_rows(scores, num_rows, header.num_outputs);
      break;
    case Link::kSoftmax: softmax(scores, num_rows, header.num_outputs, kernels); break;
    case Link::kExp: apply_tiles(kernels.exp, scores, count); break;
    case Link::kLog1pExp:
      apply_tiles(kernels.exp, scores, count);
      apply_tiles(kernels.log1p, scores, count);
      break;
    case Link::kSignedSquare:
      for (uint64_t i = 0; i < count; ++i) scores[i] = signed_square(scores[i]);
      break;
  }
}

}  // namespace mainspring
