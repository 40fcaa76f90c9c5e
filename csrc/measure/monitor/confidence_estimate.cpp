// Calibrates scores, counts rows by their probabilities, and draws labels for the intervals.
#include "measure/monitor/confidence_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "host/thread_pool.hpp"
#include "measure/monitor/calibration_map.hpp"
#include "measure/quality/evaluator.hpp"
#include "measure/quality/poisson_weight.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr uint64_t kBlock = 4096;
const std::string kRanked = "roc_auc";

uint32_t num_scores(const ConfidenceOptions& options) {
  return options.num_classes == 2 ? 1 : options.num_classes;
}

// The metrics that sum over rows; roc_auc is taken of one class after the other, as it holds every
// score.
std::vector<std::string> summed_metrics(const ConfidenceOptions& options) {
  if (options.num_classes == 2) {
    return {"accuracy", "precision", "recall", "specificity", "f1", "log_loss", "brier"};
  }
  return {"accuracy", "precision", "recall", "f1", "log_loss", "brier"};
}

/// The class that `score` says of a row, which is the positive one of two.
uint32_t class_of_score(uint32_t score, const ConfidenceOptions& options) {
  return options.num_classes == 2 ? 1 : score;
}

struct Calibration {
  std::vector<CalibrationMap> maps;  // of each score

  /// Probabilities of all classes of a row.
  void operator()(const double* scores, std::span<double> out) const {
    if (maps.size() == 1) {
      out[1] = maps[0](scores[0]);
      out[0] = 1 - out[1];
      return;
    }
    double sum = 0;
    for (size_t k = 0; k < maps.size(); ++k) sum += out[k] = maps[k](scores[k]);
    for (double& p : out) p /= sum;  // every map gives more than 0
  }
};

class Reference {
 public:
  Reference(const ScoredRows& rows, const ConfidenceOptions& options)
      : rows_(rows), options_(options) {
    for (uint32_t k = 0; k < num_scores(options); ++k) {
      parts_.emplace_back(rows.scores + k, rows.num_rows, num_scores(options));
    }
  }

  /// weight(row) >= 0.
  template <class Weight>
  Calibration fit(Weight weight) const {
    Calibration found;
    std::vector<double> weights(rows_.num_rows);
    for (uint64_t row = 0; row < rows_.num_rows; ++row) weights[row] = weight(row);
    for (uint32_t k = 0; k < parts_.size(); ++k) {
      const uint32_t positive = class_of_score(k, options_);
      std::vector<double> rows(parts_[k].num_parts()), hits(rows.size()), sums(rows.size());
      for (uint64_t row = 0; row < rows_.num_rows; ++row) {
        const uint32_t part = parts_[k].part_of(row);
        rows[part] += weights[row];
        hits[part] += rows_.labels[row] == positive ? weights[row] : 0;
        sums[part] += weights[row] * rows_.scores[row * parts_.size() + k];
      }
      found.maps.emplace_back(rows, hits, sums);
    }
    return found;
  }

 private:
  ScoredRows rows_;
  ConfidenceOptions options_;
  std::vector<ScoreParts> parts_;
};

/// Rows of blocks with weights, one for each class that a row may have.
class WeightedRows {
 public:
  void add(uint32_t label, uint32_t predicted, const double* scores, uint32_t width,
           double weight) {
    labels_.push_back(label);
    predicted_.push_back(predicted);
    scores_.insert(scores_.end(), scores, scores + width);
    weights_.push_back(weight);
    all_one_ = all_one_ && weight == 1;
  }
  void flush(uint32_t num_classes, Evaluator* evaluator) {
    QualityRows rows;
    rows.num_rows = labels_.size();
    rows.num_classes = num_classes;
    rows.labels = labels_.data();
    rows.predicted = predicted_.data();
    rows.scores = scores_.data();
    rows.weights = all_one_ ? nullptr : weights_.data();  // which is faster
    if (rows.num_rows > 0) evaluator->update(rows);
    labels_.clear();
    predicted_.clear();
    scores_.clear();
    weights_.clear();
    all_one_ = true;
  }
  size_t size() const { return labels_.size(); }

 private:
  std::vector<uint32_t> labels_, predicted_;
  std::vector<double> scores_, weights_;
  bool all_one_ = true;
};

class Current {
 public:
  Current(const ScoredRows& rows, const ConfidenceOptions& options)
      : rows_(rows), options_(options), width_(num_scores(options)) {
    for (uint32_t k = 0; k < options.num_classes; ++k) order_.push_back(k);
  }

  /// weigh(row, weights) writes the weight of each class for a row. Values of the metrics, with
  /// their reasons.
  template <class Weigh>
  std::vector<MetricValue> measure(Weigh weigh) const {
    const bool two = options_.num_classes == 2;
    Evaluator summed({two ? QualityTask::kBinary : QualityTask::kMulticlass, width_, 0.5},
                     summed_metrics(options_), {});
    std::vector<Evaluator> ranked;
    for (uint32_t k = 0; k < width_; ++k) {
      ranked.emplace_back(QualityShape{QualityTask::kBinary, 1, 0.5}, std::span(&kRanked, 1),
                          MetricOptions{});
    }
    std::vector<double> weights(options_.num_classes);
    std::vector<WeightedRows> blocks(width_ + 1);
    const auto flush = [&] {
      blocks[0].flush(options_.num_classes, &summed);
      for (uint32_t k = 0; k < width_; ++k) blocks[k + 1].flush(2, &ranked[k]);
    };
    for (uint64_t row = 0; row < rows_.num_rows; ++row) {
      const double* scores = rows_.scores + row * width_;
      const uint32_t predicted = predicted_of(scores);
      weigh(row, std::span(weights));
      for (uint32_t label = 0; label < options_.num_classes; ++label) {
        if (weights[label] > 0) blocks[0].add(label, predicted, scores, width_, weights[label]);
      }
      for (uint32_t k = 0; k < width_; ++k) {
        const double of_class = weights[class_of_score(k, options_)];
        if (of_class > 0) blocks[k + 1].add(1, 0, scores + k, 1, of_class);
        if (of_class < 1) blocks[k + 1].add(0, 0, scores + k, 1, 1 - of_class);
      }
      if (blocks[0].size() >= kBlock) flush();
    }
    flush();
    std::vector<MetricValue> found;
    const std::span<const uint32_t> order = two ? std::span<const uint32_t>() : order_;
    for (MetricResult& result : summed.finish(order).metrics) {
      found.push_back(std::move(result.result));
    }
    found.push_back(mean_rank(ranked));
    return found;
  }

 private:
  uint32_t predicted_of(const double* scores) const {
    if (options_.num_classes == 2) return scores[0] >= options_.threshold ? 1 : 0;
    return static_cast<uint32_t>(std::max_element(scores, scores + width_) - scores);
  }

  static MetricValue mean_rank(const std::vector<Evaluator>& ranked) {
    double sum = 0;
    for (const Evaluator& evaluator : ranked) {
      MetricValue value = evaluator.finish({}).metrics.at(0).result;
      if (!std::isfinite(value.value)) return value;
      sum += value.value;
    }
    return MetricValue::of(sum / static_cast<double>(ranked.size()));
  }

  ScoredRows rows_;
  ConfidenceOptions options_;
  uint32_t width_;
  std::vector<uint32_t> order_;
};

/// ece_excess on odd rows of what even rows teach, the largest over classes.
double calibration_excess(const ScoredRows& rows, const Reference& reference,
                          const ConfidenceOptions& options) {
  const std::string metric = "ece_excess";
  const Calibration calibration =
      reference.fit([](uint64_t row) { return row % 2 == 0 ? 1.0 : 0.0; });
  const uint32_t width = num_scores(options);
  std::vector<double> p(options.num_classes);
  double worst = -1;
  for (uint32_t k = 0; k < width; ++k) {
    const uint32_t positive = class_of_score(k, options);
    Evaluator evaluator({QualityTask::kBinary, 1, 0.5}, std::span(&metric, 1), {});
    WeightedRows held;
    for (uint64_t row = 1; row < rows.num_rows; row += 2) {
      calibration(rows.scores + row * width, p);
      held.add(rows.labels[row] == positive ? 1 : 0, 0, &p[positive], 1, 1);
    }
    held.flush(2, &evaluator);
    const double excess = evaluator.values({}).at(0);
    if (std::isfinite(excess)) worst = std::max(worst, excess);
  }
  return worst;
}

}  // namespace

double quantile_of(std::vector<double>* values, double share) {
  if (values->empty()) return kNan;
  std::sort(values->begin(), values->end());
  const double place = share * static_cast<double>(values->size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, values->size() - 1);
  const double part = place - static_cast<double>(below);
  return (*values)[below] + part * ((*values)[above] - (*values)[below]);
}

ConfidenceEstimate estimate_by_confidence(const ScoredRows& reference, const ScoredRows& current,
                                          const ConfidenceOptions& options) {
  ConfidenceEstimate found;
  const Reference known(reference, options);
  const Current now(current, options);
  const uint32_t width = num_scores(options);
  found.calibration_excess = calibration_excess(reference, known, options);

  const Calibration calibration = known.fit([](uint64_t) { return 1.0; });
  const std::vector<MetricValue> expected =
      now.measure([&](uint64_t row, std::span<double> weights) {
        calibration(current.scores + row * width, weights);
      });

  std::vector<std::vector<MetricValue>> drawn(options.draws);
  parallel_for(options.draws, [&](uint64_t draw, uint32_t) {
    const uint64_t of_reference = mix_row(options.seed, 2 * draw);
    const uint64_t of_labels = mix_row(options.seed, 2 * draw + 1);
    const Calibration resampled =
        known.fit([&](uint64_t row) { return poisson_weight(mix_row(of_reference, row)); });
    drawn[draw] = now.measure([&](uint64_t row, std::span<double> weights) {
      resampled(current.scores + row * width, weights);
      double left = uniform_of(mix_row(of_labels, row));
      uint32_t label = 0;
      while (label + 1 < weights.size() && left >= weights[label]) left -= weights[label++];
      std::ranges::fill(weights, 0.0);
      weights[label] = 1;
    });
  });

  std::vector<std::string> names = summed_metrics(options);
  names.push_back(kRanked);
  for (size_t i = 0; i < names.size(); ++i) {
    std::vector<double> values;
    for (const std::vector<MetricValue>& draw : drawn) {
      if (std::isfinite(draw[i].value)) values.push_back(draw[i].value);
    }
    const double tail = (1 - options.level) / 2;
    found.metrics.push_back({names[i], expected[i].value, quantile_of(&values, tail),
                             quantile_of(&values, 1 - tail), expected[i].reason});
  }
  return found;
}

}  // namespace mainspring
