// Adds up losses of probabilities, exactly.
#include "measure/quality/probability_losses.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "profile/block_sums.hpp"
#include "profile/sum_bytes.hpp"
#include "runtime/core/math.hpp"

namespace mainspring {

namespace {

// The smallest probability that the logarithm is taken of, as scikit-learn clips float64.
constexpr double kLeastProbability = std::numeric_limits<double>::epsilon();

}  // namespace

void ProbabilityLosses::update(const QualityRows& rows) {
  if (rows.scores == nullptr) return;
  std::array<double, kSumBlock> logs, squares, weights;
  uint32_t filled = 0;
  const auto flush = [&] {
    log_loss_.add_all(logs.data(), filled);
    squares_.add_all(squares.data(), filled);
    weight_.add_all(weights.data(), filled);
    filled = 0;
  };
  const uint32_t columns = shape_.num_scores;
  for (uint64_t row = 0; row < rows.num_rows; ++row) {
    const double weight = rows.weight(row);
    if (weight == 0) continue;
    const double* scores = rows.scores + row * columns;
    const uint32_t label = rows.labels[row];
    if (!std::all_of(scores, scores + columns, [](double p) { return p >= 0 && p <= 1; })) {
      ++outside_;
      continue;
    }
    double of_label = 0, square = 0;
    if (columns == 1) {
      of_label = label == 1 ? scores[0] : 1 - scores[0];
      const double off = label == 1 ? 1 - scores[0] : scores[0];
      square = off * off;
    } else {
      of_label = scores[label];
      for (uint32_t of = 0; of < columns; ++of) {
        const double off = (of == label ? 1 : 0) - scores[of];
        square += off * off;
      }
    }
    logs[filled] =
        -weight * log_value(std::clamp(of_label, kLeastProbability, 1 - kLeastProbability));
    squares[filled] = weight * square;
    weights[filled] = weight;
    if (++filled == kSumBlock) flush();
  }
  flush();
}

void ProbabilityLosses::merge(const ProbabilityLosses& other, const CodeMaps&) {
  weight_.merge(other.weight_);
  log_loss_.merge(other.log_loss_);
  squares_.merge(other.squares_);
  outside_ += other.outside_;
}

void ProbabilityLosses::write(StateWriter& writer) const {
  for (const ExactSum* sum : {&weight_, &log_loss_, &squares_}) write_sum(writer, *sum);
  writer.put(outside_);
}

void ProbabilityLosses::read(StateReader& reader) {
  for (ExactSum* sum : {&weight_, &log_loss_, &squares_}) *sum = read_sum(reader);
  outside_ = reader.get<uint64_t>();
}

ProbabilityLosses::Summary ProbabilityLosses::summary(std::span<const uint32_t>) const {
  return {weight_.value(), log_loss_.value(), squares_.value(), outside_ == 0};
}

}  // namespace mainspring
