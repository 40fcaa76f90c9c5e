// Collects scores, and sorts them into runs of equal ones.
#include "measure/quality/score_lists.hpp"

#include <algorithm>
#include <numeric>

#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "profile/sort_numbers.hpp"

namespace mainspring {

namespace {

struct Weighed {
  double score, weight;
};

// Scores descending, equal ones joined. The weights of equal scores are added in their own order,
// so that the sum does not depend on that of the rows.
std::vector<Weighed> joined(std::vector<double> scores, const std::vector<double>& weighted,
                            const std::vector<double>& weights) {
  sort_many_numbers(scores.data(), scores.size());
  std::vector<Weighed> found;
  for (size_t i = scores.size(); i-- > 0;) {
    if (!found.empty() && found.back().score == scores[i]) {
      found.back().weight += 1;
    } else {
      found.push_back({scores[i] + 0.0, 1});
    }
  }
  if (weighted.empty()) return found;
  std::vector<Weighed> rows(weighted.size());
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = {weighted[i] + 0.0, weights[i]};
  rows.insert(rows.end(), found.begin(), found.end());
  const auto before = [](const Weighed& a, const Weighed& b) {
    return a.score != b.score ? a.score > b.score : a.weight > b.weight;
  };
  std::sort(rows.begin(), rows.end(), before);
  found.clear();
  for (const Weighed& row : rows) {
    if (!found.empty() && found.back().score == row.score) {
      found.back().weight += row.weight;
    } else {
      found.push_back(row);
    }
  }
  return found;
}

}  // namespace

ScoreLists::ScoreLists(const QualityShape& shape)
    : task_(shape.task), classes_(shape.task == QualityTask::kBinary ? 1 : shape.num_scores) {}

void ScoreLists::update(const QualityRows& rows) {
  if (rows.scores == nullptr) return;
  const size_t columns = classes_.size();
  for (size_t of = 0; of < columns; ++of) {
    const uint32_t wanted = task_ == QualityTask::kBinary ? 1 : static_cast<uint32_t>(of);
    for (uint64_t row = 0; row < rows.num_rows; ++row) {
      Side& side = classes_[of].sides[rows.labels[row] == wanted ? 1 : 0];
      const double score = rows.scores[row * columns + of];
      if (rows.weights == nullptr) {
        side.scores.push_back(score);
      } else if (rows.weights[row] != 0) {
        side.weighted_scores.push_back(score);
        side.weights.push_back(rows.weights[row]);
      }
    }
  }
}

// Classes have the places of their scores, which are the same in both.
void ScoreLists::merge(const ScoreLists& other, const CodeMaps&) {
  const auto append = [](std::vector<double>* to, const std::vector<double>& from) {
    to->insert(to->end(), from.begin(), from.end());
  };
  for (size_t of = 0; of < classes_.size(); ++of) {
    for (int side = 0; side < 2; ++side) {
      Side& to = classes_[of].sides[side];
      const Side& from = other.classes_[of].sides[side];
      append(&to.scores, from.scores);
      append(&to.weighted_scores, from.weighted_scores);
      append(&to.weights, from.weights);
    }
  }
}

void ScoreLists::write(StateWriter& writer) const {
  for (const OfClass& of : classes_) {
    for (const Side& side : of.sides) {
      writer.put_all(side.scores);
      writer.put_all(side.weighted_scores);
      writer.put_all(side.weights);
    }
  }
}

void ScoreLists::read(StateReader& reader) {
  const auto are_numbers = [](const std::vector<double>& values) {
    return std::ranges::none_of(values, [](double value) { return value != value; });
  };
  for (OfClass& of : classes_) {
    for (Side& side : of.sides) {
      side.scores = reader.get_all<double>();
      side.weighted_scores = reader.get_all<double>();
      side.weights = reader.get_all<double>();
      if (side.weights.size() != side.weighted_scores.size() || !are_numbers(side.scores) ||
          !are_numbers(side.weighted_scores) || !are_numbers(side.weights)) {
        StateReader::fail();
      }
    }
  }
}

ScoreLists::Summary ScoreLists::summary(std::span<const uint32_t>) const {
  Summary found;
  found.task = task_;
  found.classes.resize(classes_.size());
  std::vector<std::vector<Weighed>> sides(2 * classes_.size());
  parallel_for(sides.size(), [&](uint64_t i, uint32_t) {
    const Side& side = classes_[i / 2].sides[i % 2];
    sides[i] = joined(side.scores, side.weighted_scores, side.weights);
  });
  for (size_t of = 0; of < classes_.size(); ++of) {
    RankedScores& ranked = found.classes[of];
    const std::vector<Weighed>&negative = sides[2 * of], &positive = sides[2 * of + 1];
    size_t n = 0, p = 0;
    while (n < negative.size() || p < positive.size()) {
      const bool take_n =
          n < negative.size() && (p == positive.size() || negative[n].score >= positive[p].score);
      const bool take_p =
          p < positive.size() && (n == negative.size() || positive[p].score >= negative[n].score);
      ScoreRun run{take_n ? negative[n].score : positive[p].score, 0, 0};
      if (take_n) run.negative = negative[n++].weight;
      if (take_p) run.positive = positive[p++].weight;
      ranked.negative += run.negative;
      ranked.positive += run.positive;
      found.probabilities = found.probabilities && run.score >= 0 && run.score <= 1;
      ranked.runs.push_back(run);
    }
  }
  return found;
}

double area_under_roc(const RankedScores& ranked) {
  double pairs = 0, below = ranked.negative;
  for (const ScoreRun& run : ranked.runs) {
    below -= run.negative;
    pairs += run.positive * (below + 0.5 * run.negative);
  }
  return pairs / (ranked.positive * ranked.negative);
}

double hits_at(const RankedScores& ranked, double share) {
  double wanted = share * (ranked.positive + ranked.negative), hits = 0;
  for (const ScoreRun& run : ranked.runs) {
    const double rows = run.positive + run.negative;
    if (rows >= wanted) return hits + run.positive * (wanted / rows);
    hits += run.positive;
    wanted -= rows;
  }
  return hits;
}

std::vector<ReliabilityBin> reliability_bins(const RankedScores& ranked, double num_bins) {
  std::vector<ReliabilityBin> bins(static_cast<size_t>(num_bins));
  const double rows = ranked.positive + ranked.negative;
  double below = 0;
  for (size_t i = ranked.runs.size(); i-- > 0;) {
    const ScoreRun& run = ranked.runs[i];
    const double weight = run.positive + run.negative;
    const double place = (below + 0.5 * weight) / rows * num_bins;
    ReliabilityBin& bin = bins[std::min(bins.size() - 1, static_cast<size_t>(place))];
    bin.rows += weight;
    bin.score += weight * run.score;
    bin.positive += run.positive;
    bin.spread += weight * run.score * (1 - run.score);
    below += weight;
  }
  std::erase_if(bins, [](const ReliabilityBin& bin) { return !(bin.rows > 0); });
  for (ReliabilityBin& bin : bins) {
    bin.score /= bin.rows;
    bin.positive /= bin.rows;
  }
  return bins;
}

}  // namespace mainspring
