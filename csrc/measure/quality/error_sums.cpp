// Adds up errors, exactly.
#include "measure/quality/error_sums.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "profile/block_sums.hpp"
#include "profile/sum_bytes.hpp"

namespace mainspring {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kLeastLabel = std::numeric_limits<double>::epsilon();

// sum += factor * of, exactly: the sum is taken apart into doubles.
void add_scaled(ExactSum* sum, double factor, ExactSum of) {
  for (double piece = of.value(); piece != 0; piece = of.value()) {
    sum->add_product(factor, piece);
    of.add(-piece);
  }
}

// Mean square around the mean: with c near it, sum w (y - c)^2 = sum w y^2 - 2 c sum w y + c^2 sum
// w is exact, and only the small correction for c not being the mean is rounded.
double variance_of(const ExactSum& weight, const ExactSum& label, const ExactSum& squares) {
  const double rows = weight.value();
  const double center = label.value() / rows;
  const double square = center * center;
  ExactSum around = squares;
  add_scaled(&around, -2 * center, label);
  add_scaled(&around, square, weight);
  add_scaled(&around, std::fma(center, center, -square), weight);
  ExactSum shift = label;
  add_scaled(&shift, -center, weight);
  const double rest = shift.value();
  return std::max(0.0, (around.value() - rest * rest / rows) / rows);
}

}  // namespace

void ErrorSums::update(const QualityRows& rows) {
  std::array<std::array<double, kSumBlock>, kNumSums> terms;
  std::array<double, kSumBlock> low_parts, labels;
  uint32_t filled = 0;
  const auto flush = [&] {
    if (rows.weights == nullptr) {
      add_block(labels.data(), filled, &sums_[kLabel], &sums_[kLabelSquare]);
    } else {
      // w y is the sum of two doubles, each of which times y is added exactly.
      for (uint32_t i = 0; i < filled; ++i) {
        sums_[kLabel].add(terms[kLabel][i]);
        sums_[kLabel].add(low_parts[i]);
        sums_[kLabelSquare].add_product(terms[kLabel][i], labels[i]);
        sums_[kLabelSquare].add_product(low_parts[i], labels[i]);
      }
    }
    for (const Sum sum : {kWeight, kAbsolute, kSquare, kError, kRelative, kPinball}) {
      sums_[sum].add_all(terms[sum].data(), filled);
    }
    filled = 0;
  };
  for (uint64_t row = 0; row < rows.num_rows; ++row) {
    const double weight = rows.weight(row);
    if (weight == 0) continue;
    const double label = rows.targets[row];
    const double error = rows.predictions[row] - label;
    const double absolute = std::fabs(error);
    const double square = weight * (error * error);
    const double relative = weight * (absolute / std::max(std::fabs(label), kLeastLabel));
    if (!std::isfinite(square) || !std::isfinite(relative) || !std::isfinite(label)) {
      ++infinite_;
      continue;
    }
    max_absolute_ = std::max(max_absolute_, absolute);
    terms[kWeight][filled] = weight;
    terms[kAbsolute][filled] = weight * absolute;
    terms[kSquare][filled] = square;
    terms[kError][filled] = weight * error;
    terms[kRelative][filled] = relative;
    terms[kPinball][filled] = weight * absolute * (error < 0 ? quantile_ : 1 - quantile_);
    labels[filled] = label;
    terms[kLabel][filled] = weight * label;
    low_parts[filled] =
        rows.weights == nullptr ? 0 : std::fma(weight, label, -terms[kLabel][filled]);
    if (++filled == kSumBlock) flush();
  }
  flush();
}

void ErrorSums::merge(const ErrorSums& other, const CodeMaps&) {
  for (size_t i = 0; i < kNumSums; ++i) sums_[i].merge(other.sums_[i]);
  infinite_ += other.infinite_;
  max_absolute_ = std::max(max_absolute_, other.max_absolute_);
}

void ErrorSums::write(StateWriter& writer) const {
  for (const ExactSum& sum : sums_) write_sum(writer, sum);
  writer.put(infinite_);
  writer.put(max_absolute_);
}

void ErrorSums::read(StateReader& reader) {
  for (ExactSum& sum : sums_) sum = read_sum(reader);
  infinite_ = reader.get<uint64_t>();
  max_absolute_ = reader.get<double>();
  if (!(max_absolute_ >= 0)) StateReader::fail();
}

ErrorSums::Summary ErrorSums::summary(std::span<const uint32_t>) const {
  Summary found;
  found.weight = sums_[kWeight].value();
  found.infinite = infinite_;
  if (!(found.weight > 0)) return found;
  const auto mean = [&](Sum sum) { return sums_[sum].value() / found.weight; };
  found.absolute = mean(kAbsolute);
  found.square = mean(kSquare);
  found.error = mean(kError);
  found.relative = mean(kRelative);
  found.pinball = mean(kPinball);
  found.variance = variance_of(sums_[kWeight], sums_[kLabel], sums_[kLabelSquare]);
  found.max_absolute = max_absolute_;
  return found;
}

MetricValue ErrorSums::mean_or_reason(const Summary& found, double mean) {
  if (found.infinite > 0) {
    return MetricValue::because(kNan, "Of " + std::to_string(found.infinite) +
                                          " rows the label, the prediction or the square of the "
                                          "error is infinite.");
  }
  if (!(found.weight > 0)) return MetricValue::because(kNan, "There are no rows.");
  return MetricValue::of(mean);
}

}  // namespace mainspring
