// Runs rows through the states, and states through the metrics.
#include "measure/quality/evaluator.hpp"

#include <algorithm>
#include <limits>

#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "measure/quality/poisson_weight.hpp"

namespace mainspring {

namespace {

const MetricEntry* find_metric(const std::string& name) {
  for (const MetricEntry* metric : metric_list()) {
    if (metric->name == name) return metric;
  }
  throw Error(ErrorKind::kParameter, "There is no metric '" + name + "'.").got(name);
}

// About 200 points of a curve over the runs, always with the first and the last.
template <class Fn>
std::vector<std::array<double, 2>> thinned(const RankedScores& ranked, Fn point) {
  constexpr size_t kPoints = 200;
  std::vector<std::array<double, 2>> points;
  double positive = 0, negative = 0;
  const double step = (ranked.positive + ranked.negative) / kPoints;
  double next = 0;
  for (size_t i = 0; i < ranked.runs.size(); ++i) {
    positive += ranked.runs[i].positive;
    negative += ranked.runs[i].negative;
    if (positive + negative < next && i + 1 < ranked.runs.size()) continue;
    points.push_back(point(positive, negative));
    next = positive + negative + step;
  }
  return points;
}

QualityCurves curves_of(const ScoreLists::Summary& scores, const MetricOptions& options) {
  QualityCurves curves;
  if (scores.task != QualityTask::kBinary || scores.classes.empty()) return curves;
  const RankedScores& ranked = scores.classes[0];
  if (!(ranked.positive > 0) || !(ranked.negative > 0)) return curves;
  if (scores.probabilities) curves.reliability = reliability_bins(ranked, options.num_bins);
  curves.roc = thinned(ranked, [&](double positive, double negative) {
    return std::array{negative / ranked.negative, positive / ranked.positive};
  });
  curves.roc.insert(curves.roc.begin(), std::array{0.0, 0.0});
  curves.precision_recall = thinned(ranked, [&](double positive, double negative) {
    return std::array{positive / ranked.positive, positive / (positive + negative)};
  });
  return curves;
}

uint64_t mixed(uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9ull;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

}  // namespace

Evaluator::Evaluator(const QualityShape& shape, std::span<const std::string> metrics,
                     const MetricOptions& options)
    : shape_(shape), options_(options) {
  for (const std::string& name : metrics) {
    const MetricEntry* metric = find_metric(name);
    metrics_.push_back(metric);
    const auto same = [&](const Held& held) { return held.entry == metric->state; };
    if (std::ranges::none_of(states_, same)) {
      states_.push_back({metric->state, metric->state->make(shape)});
    }
  }
}

void Evaluator::update(const QualityRows& rows) {
  for (Held& held : states_) held.state->update(rows);
  num_rows_ += rows.num_rows;
}

void Evaluator::merge(const Evaluator& other, const CodeMaps& maps) {
  const bool alike = shape_.task == other.shape_.task &&
                     shape_.num_scores == other.shape_.num_scores &&
                     shape_.quantile == other.shape_.quantile && metrics_ == other.metrics_;
  if (!alike) {
    throw Error(ErrorKind::kParameter,
                "The other evaluation was made for another task, or for other metrics or options. "
                "Make both alike.");
  }
  for (size_t i = 0; i < states_.size(); ++i)
    states_[i].state->merge(*other.states_[i].state, maps);
  num_rows_ += other.num_rows_;
}

std::vector<std::shared_ptr<const void>> Evaluator::summaries(
    std::span<const uint32_t> class_order) const {
  std::vector<std::shared_ptr<const void>> found;
  for (const Held& held : states_) found.push_back(held.state->summary(class_order));
  return found;
}

std::vector<MetricResult> Evaluator::measure(
    const std::vector<std::shared_ptr<const void>>& summaries) const {
  std::vector<MetricResult> results;
  for (const MetricEntry* metric : metrics_) {
    for (size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].entry != metric->state) continue;
      results.push_back({metric, metric->value(summaries[i].get(), options_)});
    }
  }
  return results;
}

QualityResults Evaluator::finish(std::span<const uint32_t> class_order) const {
  const auto found = summaries(class_order);
  QualityResults results;
  results.metrics = measure(found);
  for (size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].entry == &kQualityStateOf<ScoreLists>) {
      results.curves =
          curves_of(*static_cast<const ScoreLists::Summary*>(found[i].get()), options_);
    }
  }
  for (size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].entry == &kQualityStateOf<ConfusionCounts>) {
      results.curves.confusion = *static_cast<const ConfusionCounts::Summary*>(found[i].get());
    }
  }
  return results;
}

std::vector<double> Evaluator::values(std::span<const uint32_t> class_order) const {
  std::vector<double> numbers;
  for (const MetricResult& result : measure(summaries(class_order))) {
    numbers.push_back(result.result.value);
  }
  return numbers;
}

std::vector<uint8_t> Evaluator::to_bytes() const {
  StateWriter writer;
  writer.put(num_rows_);
  for (const Held& held : states_) {
    writer.put_bytes(held.entry->name);
    held.state->write(writer);
  }
  return writer.take();
}

void Evaluator::read(std::string_view bytes) {
  StateReader reader(bytes);
  num_rows_ = reader.get<uint64_t>();
  for (Held& held : states_) {
    if (reader.get_bytes() != held.entry->name) StateReader::fail();
    held.state->read(reader);
  }
  reader.expect_end();
}

std::vector<std::vector<double>> bootstrap(const QualityShape& shape,
                                           std::span<const std::string> metrics,
                                           const MetricOptions& options, const QualityRows& rows,
                                           std::span<const uint32_t> class_order,
                                           uint64_t replicates, uint64_t seed) {
  std::vector<std::vector<double>> found(replicates);
  parallel_for(replicates, [&](uint64_t replicate, uint32_t) {
    const uint64_t start = mixed(seed * 0x9E3779B97F4A7C15ull + mixed(replicate + 1));
    std::vector<double> weights(rows.num_rows);
    for (uint64_t row = 0; row < rows.num_rows; ++row) {
      const uint64_t drawn = rows.queries == nullptr ? row : rows.queries[row];
      weights[row] =
          rows.weight(row) * poisson_weight(mixed(start + drawn * 0xD1342543DE82EF95ull));
    }
    QualityRows resampled = rows;
    resampled.weights = weights.data();
    Evaluator evaluator(shape, metrics, options);
    evaluator.update(resampled);
    found[replicate] = evaluator.values(class_order);
  });
  return found;
}

}  // namespace mainspring
