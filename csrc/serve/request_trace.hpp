// What is learnt of one request on its way: the time of each phase, its values, and, in a batch,
// the scores that it gets from there.
#pragma once
#include <algorithm>
#include <span>
#include <string_view>

#include "host/predict_json.hpp"
#include "serve/counters.hpp"
#include "serve/prediction_memory.hpp"
#include "serve/row_counts.hpp"

namespace mainspring {

/// On a clock that only goes forward.
uint64_t nanos_now() noexcept;

class RequestTrace final : public TileObserver {
 public:
  /// `counts`: null where values are not counted.
  RequestTrace(RowCounts* counts, OutputKind kind)
      : counts_(counts), kind_(kind), started_ns_(nanos_now()), last_ns_(started_ns_) {}

  /// Scores of all rows, in place of the model's.
  void use(std::span<const double> scores) {
    scores_ = scores;
    has_scores_ = true;
  }
  /// Predictions of the model itself are kept for their labels.
  void keep(PredictionMemory* memory, std::string_view id, uint64_t width) {
    if (kind_ != OutputKind::kPredict) return;
    memory_ = memory;
    id_ = id;
    width_ = width;
  }
  /// Time before this began.
  void add(Phase phase, uint64_t spent_ns) noexcept {
    phase_ns_[static_cast<size_t>(phase)] += spent_ns;
    before_ns_ += spent_ns;
  }

  void on_read(const ColumnView* columns, uint64_t num_rows) noexcept override {
    if (counts_ != nullptr) counts_->count_rows(columns, num_rows);
    end_phase(Phase::kParse);
    has_tiles_ = true;
  }
  bool gives_scores(const ColumnView*, uint64_t num_rows, uint64_t width, double* scores) override {
    if (!has_scores_) return false;
    std::copy_n(scores_.begin(), num_rows * width, scores);
    scores_ = scores_.subspan(num_rows * width);
    return true;
  }
  void on_predicted(const double* scores, uint64_t num_rows) noexcept override {
    if (counts_ != nullptr && kind_ == OutputKind::kPredict) {
      counts_->count_predictions(scores, num_rows);
    }
    if (memory_ != nullptr) keep_predictions(scores, num_rows);
    end_phase(Phase::kPredict);
  }
  /// What comes behind the last tile is writing; without a tile all of it was reading.
  RequestCount finish(Outcome outcome, uint64_t num_rows) noexcept {
    end_phase(has_tiles_ ? Phase::kWrite : Phase::kParse);
    return {outcome, num_rows, last_ns_ - started_ns_ + before_ns_, phase_ns_};
  }

 private:
  /// Of several values a row, which of them is the largest.
  void keep_predictions(const double* scores, uint64_t num_rows) noexcept {
    for (uint64_t row = 0; row < num_rows; ++row, scores += width_) {
      const double kept =
          width_ == 1 ? *scores
                      : static_cast<double>(std::max_element(scores, scores + width_) - scores);
      memory_->put(id_, num_kept_++, kept);
    }
  }
  void end_phase(Phase phase) noexcept {
    const uint64_t now = nanos_now();
    phase_ns_[static_cast<size_t>(phase)] += now - last_ns_;
    last_ns_ = now;
  }

  RowCounts* counts_;
  OutputKind kind_;
  uint64_t started_ns_;
  uint64_t last_ns_;
  uint64_t before_ns_ = 0;
  bool has_tiles_ = false;
  bool has_scores_ = false;
  std::span<const double> scores_;
  PredictionMemory* memory_ = nullptr;
  std::string_view id_;
  uint64_t width_ = 1;
  uint64_t num_kept_ = 0;
  std::array<uint64_t, kNumPhases> phase_ns_{};
};

}  // namespace mainspring
