// Counts scores in bins.
#include "measure/quality/score_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace mainspring {

namespace {

constexpr double kUnit = 16777216;  // 2^24

}  // namespace

void ScoreHistogram::update(const QualityRows& rows) {
  if (rows.scores == nullptr) return;
  for (uint64_t row = 0; row < rows.num_rows; ++row) {
    const double score = rows.scores[row];
    const double weight = rows.weight(row);
    if (weight == 0) continue;
    if (!(score >= 0 && score <= 1)) {
      ++outside_;
      continue;
    }
    const uint32_t bin = std::min(kBins - 1, static_cast<uint32_t>(score * kBins));
    const double units = std::min(std::nearbyint(weight * kUnit), 1e15);
    counts_[size_t{rows.labels[row]} * kBins + bin] += static_cast<uint64_t>(units);
  }
}

void ScoreHistogram::merge(const ScoreHistogram& other, const CodeMaps&) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  outside_ += other.outside_;
}

void ScoreHistogram::write(StateWriter& writer) const {
  writer.put_all(counts_);
  writer.put(outside_);
}

void ScoreHistogram::read(StateReader& reader) {
  std::vector<uint64_t> counts = reader.get_all<uint64_t>();
  if (counts.size() != counts_.size()) StateReader::fail();
  counts_ = std::move(counts);
  outside_ = reader.get<uint64_t>();
}

ScoreHistogram::Summary ScoreHistogram::summary(std::span<const uint32_t>) const {
  Summary found;
  found.probabilities = outside_ == 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    (i < kBins ? found.negative : found.positive)
        .push_back(static_cast<double>(counts_[i]) / kUnit);
  }
  return found;
}

}  // namespace mainspring
