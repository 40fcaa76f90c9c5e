// Counts predicted classes against labels.
#include "measure/quality/confusion_counts.hpp"

#include <limits>

#include "host/error.hpp"
#include "profile/sum_bytes.hpp"

namespace mainspring {

void ConfusionCounts::reach(uint32_t num_classes) {
  if (num_classes <= num_classes_) return;
  if (num_classes > kMaxClasses) {
    throw Error(ErrorKind::kData, "There are " + std::to_string(num_classes) +
                                      " classes, expected at most " + std::to_string(kMaxClasses) +
                                      ". Join the rare ones.")
        .expected("at most " + std::to_string(kMaxClasses))
        .got(std::to_string(num_classes));
  }
  std::vector<uint64_t> grown(static_cast<size_t>(num_classes) * num_classes, 0);
  for (uint32_t label = 0; label < num_classes_; ++label) {
    for (uint32_t guess = 0; guess < num_classes_; ++guess) {
      grown[static_cast<size_t>(label) * num_classes + guess] =
          counts_[static_cast<size_t>(label) * num_classes_ + guess];
    }
  }
  counts_ = std::move(grown);
  num_classes_ = num_classes;
}

void ConfusionCounts::update(const QualityRows& rows) {
  reach(rows.num_classes);
  if (rows.predicted == nullptr) return;
  if (rows.weights == nullptr) {
    for (uint64_t row = 0; row < rows.num_rows; ++row) {
      ++counts_[static_cast<size_t>(rows.labels[row]) * num_classes_ + rows.predicted[row]];
    }
    return;
  }
  for (uint64_t row = 0; row < rows.num_rows; ++row) {
    if (rows.weights[row] == 0) continue;
    const uint64_t cell = static_cast<uint64_t>(rows.labels[row]) << 32 | rows.predicted[row];
    weights_[cell].add(rows.weights[row]);
  }
}

void ConfusionCounts::merge(const ConfusionCounts& other, const CodeMaps& maps) {
  const auto of = [&](uint64_t code) {
    return code < maps.classes.size() ? maps.classes[code] : static_cast<uint32_t>(code);
  };
  uint32_t most = 0;
  for (uint32_t code = 0; code < other.num_classes_; ++code) most = std::max(most, of(code) + 1);
  reach(most);
  for (uint32_t label = 0; label < other.num_classes_; ++label) {
    for (uint32_t guess = 0; guess < other.num_classes_; ++guess) {
      counts_[static_cast<size_t>(of(label)) * num_classes_ + of(guess)] +=
          other.counts_[static_cast<size_t>(label) * other.num_classes_ + guess];
    }
  }
  for (const auto& [cell, sum] : other.weights_) {
    const uint64_t to = static_cast<uint64_t>(of(cell >> 32)) << 32 | of(cell & 0xFFFFFFFF);
    weights_[to].merge(sum);
  }
}

void ConfusionCounts::write(StateWriter& writer) const {
  writer.put(num_classes_);
  writer.put_all(counts_);
  writer.put<uint64_t>(weights_.size());
  for (const auto& [cell, sum] : weights_) {
    writer.put(cell);
    write_sum(writer, sum);
  }
}

void ConfusionCounts::read(StateReader& reader) {
  num_classes_ = reader.get<uint32_t>();
  counts_ = reader.get_all<uint64_t>();
  if (num_classes_ > kMaxClasses ||
      counts_.size() != static_cast<size_t>(num_classes_) * num_classes_) {
    StateReader::fail();
  }
  weights_.clear();
  const uint64_t cells = reader.get_count(sizeof(uint64_t));
  for (uint64_t i = 0; i < cells; ++i) {
    const uint64_t cell = reader.get<uint64_t>();
    if (cell >> 32 >= num_classes_ || (cell & 0xFFFFFFFF) >= num_classes_) StateReader::fail();
    weights_[cell] = read_sum(reader);
  }
}

ConfusionCounts::Summary ConfusionCounts::summary(std::span<const uint32_t> class_order) const {
  Summary found;
  found.task = task_;
  found.num_classes = num_classes_;
  found.cells.assign(counts_.size(), 0);
  for (uint32_t label = 0; label < num_classes_; ++label) {
    for (uint32_t guess = 0; guess < num_classes_; ++guess) {
      const uint64_t from = label < class_order.size() ? class_order[label] : label;
      const uint64_t to = guess < class_order.size() ? class_order[guess] : guess;
      const uint64_t count = counts_[from * num_classes_ + to];
      double cell = static_cast<double>(count);
      const auto weighted = weights_.find(from << 32 | to);
      if (weighted != weights_.end()) {
        ExactSum sum = weighted->second;
        sum.add(cell);
        cell = sum.value();
      }
      found.cells[static_cast<size_t>(label) * num_classes_ + guess] = cell;
    }
  }
  found.labelled.assign(num_classes_, 0);
  found.predicted.assign(num_classes_, 0);
  for (uint32_t label = 0; label < num_classes_; ++label) {
    for (uint32_t guess = 0; guess < num_classes_; ++guess) {
      found.labelled[label] += found.cell(label, guess);
      found.predicted[guess] += found.cell(label, guess);
    }
    found.total += found.labelled[label];
  }
  return found;
}

MetricValue average_classes(const ConfusionCounts::Summary& summary, std::vector<double> by_class,
                            double micro, const MetricOptions& options) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (!(summary.total > 0)) return MetricValue::because(kNan, "There are no rows.");
  if (summary.task == QualityTask::kBinary) {
    return MetricValue::of(by_class.size() > 1 ? by_class[1] : 0);
  }
  double mean = micro;
  if (options.average != Average::kMicro) {
    // A class counts when a row has it or was predicted to have it.
    double sum = 0, weights = 0;
    for (uint32_t of = 0; of < summary.num_classes; ++of) {
      if (summary.labelled[of] == 0 && summary.predicted[of] == 0) continue;
      const double weight = options.average == Average::kWeighted ? summary.labelled[of] : 1;
      sum += weight * by_class[of];
      weights += weight;
    }
    mean = weights > 0 ? sum / weights : kNan;
  }
  MetricValue value = MetricValue::of(mean);
  value.by_class = std::move(by_class);
  return value;
}

}  // namespace mainspring
