// Joins of labels and estimates: what a definition that keeps everything says, what changed states
// do, and inputs with which nothing can be learnt.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "check.hpp"
#include "host/error.hpp"
#include "measure/monitor/calibration_map.hpp"
#include "measure/monitor/confidence_estimate.hpp"
#include "measure/monitor/label_join.hpp"
#include "measure/monitor/loss_estimate.hpp"
#include "mutate_bytes.hpp"

namespace mainspring {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

RowIds ids_of(const std::vector<uint64_t>& keys) {
  RowIds ids{IdKind::kInteger, {}};
  for (const uint64_t key : keys) ids.ids.push_back({key, ~key});
  return ids;
}

/// Rows as they come, batch by batch.
struct Batch {
  JoinSide side;
  std::vector<uint64_t> keys;
  std::vector<int64_t> times;
};

std::vector<Batch> drawn_batches(Random& random) {
  std::vector<Batch> batches(1 + below(random, 12));
  for (Batch& batch : batches) {
    batch.side = one_in(random, 2) ? JoinSide::kLabel : JoinSide::kPrediction;
    for (uint64_t row = below(random, 9); row > 0; --row) {
      batch.keys.push_back(below(random, 12));
      batch.times.push_back(static_cast<int64_t>(below(random, 40)));
    }
  }
  return batches;
}

// However small the room, no pair is joined twice, and a log that is read again joins nothing.
void test_nothing_is_joined_twice(uint64_t seed) {
  Random random(seed);
  const std::vector<Batch> batches = drawn_batches(random);
  LabelJoin join(10, 1 + below(random, 12));
  std::vector<uint64_t> joined;
  for (int turn = 0; turn < 2; ++turn) {
    for (const Batch& batch : batches) {
      const JoinedRows rows = join.add(batch.side, ids_of(batch.keys), batch.times);
      for (const uint64_t row : rows.rows) joined.push_back(batch.keys[row]);
      check(std::is_sorted(rows.rows.begin(), rows.rows.end()), "rows are in their order");
    }
    if (turn == 0) {
      // A later day, so that the second turn is one of rows that are past.
      join.add(JoinSide::kLabel, ids_of({1000}), std::vector<int64_t>{1000});
      const uint64_t before = join.counts().joined;
      check(before == joined.size(), "every pair is counted");
    }
  }
  check(join.counts().joined == joined.size(), "old rows are joined no more");
  const uint64_t waiting =
      join.num_waiting(JoinSide::kLabel) + join.num_waiting(JoinSide::kPrediction);
  const JoinCounts& counts = join.counts();
  uint64_t told = 2 * counts.joined + waiting + counts.duplicates + counts.unlabelled +
                  counts.unmatched + counts.late;
  uint64_t rows = 1;
  for (const Batch& batch : batches) rows += 2 * batch.keys.size();
  check(told == rows, "each row is told of once");
}

void test_changed_states_are_refused_or_can_be_used(uint64_t seed) {
  Random random(seed);
  LabelJoin join(10, 40);
  for (const Batch& batch : drawn_batches(random)) {
    join.add(batch.side, ids_of(batch.keys), batch.times);
  }
  const std::vector<uint8_t> bytes = join.to_bytes();
  const auto view = [](const std::vector<uint8_t>& of) {
    return std::string_view(reinterpret_cast<const char*>(of.data()), of.size());
  };
  check(LabelJoin::from_bytes(view(bytes)).to_bytes() == bytes, "a state is itself again");
  for (int round = 0; round < 200; ++round) {
    std::vector<uint8_t> other = bytes;
    mutate_range(other, 0, other.size(), random);
    if (one_in(random, 8)) other.resize(below(random, other.size()));
    try {
      LabelJoin changed = LabelJoin::from_bytes(view(other));
      for (const Batch& batch : drawn_batches(random)) {
        const uint64_t kept = changed.num_kept(
            batch.side == JoinSide::kLabel ? JoinSide::kPrediction : JoinSide::kLabel);
        const JoinedRows rows = changed.add(batch.side, ids_of(batch.keys), batch.times);
        for (const uint64_t number : rows.kept) check(number < kept, "a row that is held");
      }
      changed.renumber(JoinSide::kLabel);
      changed.to_bytes();
    } catch (const Error&) {
      continue;
    }
  }
}

void test_calibration_is_monotone_and_never_sure(uint64_t seed) {
  Random random(seed);
  const uint64_t rows = 1 + below(random, 300);
  std::vector<double> scores(rows), weights, hits, sums;
  for (double& score : scores) score = static_cast<double>(below(random, 20)) / 19;
  const ScoreParts parts(scores.data(), rows, 1);
  weights.resize(parts.num_parts());
  hits = sums = weights;
  for (uint64_t row = 0; row < rows; ++row) {
    weights[parts.part_of(row)] += 1;
    hits[parts.part_of(row)] += one_in(random, 3) ? 1 : 0;
    sums[parts.part_of(row)] += scores[row];
  }
  const CalibrationMap map(weights, hits, sums);
  double last = 0;
  for (int step = -2; step <= 22; ++step) {
    const double share = map(step / 20.0);
    check(share >= last && share > 0 && share < 1, "shares grow and are never 0 or 1");
    last = share;
  }
  check(CalibrationMap({}, {}, {})(0.3) == 0.5, "nothing known");
}

void test_estimates_of_little() {
  const std::vector<double> scores{0.2, 0.8, 0.5, 0.5};
  const std::vector<uint32_t> labels{0, 1, 0, 1};
  const ConfidenceEstimate none =
      estimate_by_confidence({4, scores.data(), labels.data()}, {0, scores.data(), nullptr}, {});
  for (const ExpectedMetric& metric : none.metrics) {
    check(metric.value == metric.value || !metric.reason.empty(), "a reason for no value");
  }
  ConfidenceOptions many;
  many.num_classes = 4;
  many.draws = 3;
  const std::vector<uint32_t> of_one{2};
  const ConfidenceEstimate one =
      estimate_by_confidence({1, scores.data(), of_one.data()}, {1, scores.data(), nullptr}, many);
  check(one.metrics.size() == 7, "metrics of many classes");

  const std::vector<double> columns{
      1,    1, 1, 1, 1,    1, 1, 1, 1, 1, 1, 1,  // a constant
      kNan, 1, 2, 3, kNan, 5, 6, 7, 8, 9, 9, std::numeric_limits<double>::infinity()};
  const std::vector<double> losses(12, 2.0), zeros(12, 0.0);
  const FeatureRows rows{12, 2, columns.data()};
  check(std::fabs(estimate_loss(rows, losses.data(), rows).mean - 2) < 1e-12, "the only loss");
  check(estimate_loss(rows, losses.data(), rows).uncertainty < 1e-9, "which is certain");
  check(estimate_loss(rows, zeros.data(), rows).mean == 0, "no loss");
  check(std::isnan(estimate_loss(rows, losses.data(), {0, 2, columns.data()}).mean), "no rows");
}

// More features than are used, of which one says all.
void test_the_strongest_features_are_found() {
  constexpr uint32_t kFeatures = 60;
  constexpr uint64_t kRows = 2000;
  Random random(7);
  std::vector<double> columns(kFeatures * kRows), losses(kRows);
  for (double& value : columns) value = static_cast<double>(below(random, 1000));
  for (uint64_t row = 0; row < kRows; ++row) {
    losses[row] = columns[50 * kRows + row] < 500 ? 1 : 3;
  }
  std::vector<double> low(columns);
  std::fill(low.begin() + 50 * kRows, low.begin() + 51 * kRows, 100);
  const FeatureRows reference{kRows, kFeatures, columns.data()}, now{kRows, kFeatures, low.data()};
  const LossEstimate found = estimate_loss(reference, losses.data(), now);
  check(std::fabs(found.mean - 1) < 0.1, "the loss of the low half");
  check(found.off < 0.05, "which was right for rows that were held out");
}

int run() {
  for (uint64_t seed = 0; seed < 300; ++seed) test_nothing_is_joined_twice(seed);
  for (uint64_t seed = 0; seed < 20; ++seed) test_changed_states_are_refused_or_can_be_used(seed);
  for (uint64_t seed = 0; seed < 50; ++seed) test_calibration_is_monotone_and_never_sure(seed);
  test_estimates_of_little();
  test_the_strongest_features_are_found();
  LabelJoin join(10, 5);
  join.add(JoinSide::kLabel, ids_of({1}), std::vector<int64_t>{1});
  bool refused = false;
  try {
    join.add(JoinSide::kPrediction, RowIds{IdKind::kText, {{1, 1}}}, std::vector<int64_t>{1});
  } catch (const Error& error) {
    refused = error.kind() == ErrorKind::kSchema;
  }
  check(refused && join.num_waiting(JoinSide::kLabel) == 1, "ids of another kind");
  return finish();
}

}  // namespace
}  // namespace mainspring

int main() { return mainspring::run(); }
