// The contract of a quality metric: one struct, one file, one line in metric_list.cpp. A metric
// reads the summary of a state; metrics of the same state share it.
#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/state_bytes.hpp"

namespace mainspring {

/// What is predicted; metrics say by a mask which of them they judge.
enum class QualityTask : uint8_t { kBinary = 1, kMulticlass = 2, kRegression = 4, kRanking = 8 };

constexpr uint8_t tasks_of(QualityTask a) { return static_cast<uint8_t>(a); }
constexpr uint8_t tasks_of(QualityTask a, QualityTask b) {
  return static_cast<uint8_t>(tasks_of(a) | tasks_of(b));
}

/// How one number is made of those of many classes.
enum class Average : uint8_t { kMacro, kMicro, kWeighted };

struct MetricOptions {
  Average average = Average::kMacro;
  double top_share = 0.1;  // of gain and lift: the rows with the highest scores
  double quantile = 0.5;   // of quantile_loss
  double at = 10;          // of ndcg and hit_rate: the first places of a ranking
  double num_bins = 15;    // of ece and the reliability curve
};

struct MetricOption {
  std::string_view name;
  std::string_view summary;
  double MetricOptions::* value;
  double smallest;
  double largest;
};

inline constexpr MetricOption kMetricOptions[] = {
    {"top_share", "share of the rows with the highest scores, of gain and lift",
     &MetricOptions::top_share, 1e-6, 1},
    {"quantile", "quantile of quantile_loss", &MetricOptions::quantile, 1e-6, 1 - 1e-6},
    {"at", "places at the top of a ranking, of ndcg and hit_rate", &MetricOptions::at, 1, 1e9},
    {"num_bins", "equally filled bins of ece and the reliability curve", &MetricOptions::num_bins,
     1, 1000},
};

/// What states are made for; equal for states that merge.
struct QualityShape {
  QualityTask task = QualityTask::kBinary;
  uint32_t num_scores = 0;  // for each row: 0, 1 (binary: of the positive class) or one each class
  double quantile = 0.5;
};

/// Rows that are complete: nothing is missing. Labels of two classes are 0 and 1, the positive one.
struct QualityRows {
  uint64_t num_rows = 0;
  uint32_t num_classes = 0;
  const uint32_t* labels = nullptr;     // of classes
  const uint32_t* predicted = nullptr;  // of classes; null: there is none
  const double* scores = nullptr;       // row-major
  const double* targets = nullptr;      // of regression and ranking (relevance)
  const double* predictions = nullptr;  // of regression and ranking (score)
  const uint32_t* queries = nullptr;    // of ranking
  const double* weights = nullptr;      // null: every row weighs 1

  double weight(uint64_t row) const { return weights == nullptr ? 1 : weights[row]; }
};

/// Where classes and queries of a state that is merged in stand in this one.
struct CodeMaps {
  std::span<const uint32_t> classes;
  std::span<const uint32_t> queries;
};

/// A state: associative, and of unweighted rows exact in any order; read(write(s)) == s. summary()
/// is what metrics read; its argument names the classes by value, ascending.
template <class S>
concept QualityState =
    requires(S& state, const S& other, const QualityShape& shape, const QualityRows& rows,
             const CodeMaps& maps, StateWriter& writer, StateReader& reader) {
      { S::kName } -> std::convertible_to<std::string_view>;
      S(shape);
      { state.update(rows) } -> std::same_as<void>;
      { state.merge(other, maps) } -> std::same_as<void>;
      { other.write(writer) } -> std::same_as<void>;
      { state.read(reader) } -> std::same_as<void>;
      { other.summary(maps.classes) } -> std::same_as<typename S::Summary>;
    };

/// A state whose type is forgotten.
class AnyQualityState {
 public:
  virtual ~AnyQualityState() = default;
  virtual void update(const QualityRows& rows) = 0;
  virtual void merge(const AnyQualityState& other, const CodeMaps& maps) = 0;
  virtual void write(StateWriter& writer) const = 0;
  virtual void read(StateReader& reader) = 0;
  virtual std::shared_ptr<const void> summary(std::span<const uint32_t> class_order) const = 0;
};

template <QualityState S>
class HeldQualityState final : public AnyQualityState {
 public:
  explicit HeldQualityState(const QualityShape& shape) : state_(shape) {}
  void update(const QualityRows& rows) override { state_.update(rows); }
  void merge(const AnyQualityState& other, const CodeMaps& maps) override {
    state_.merge(static_cast<const HeldQualityState&>(other).state_, maps);
  }
  void write(StateWriter& writer) const override { state_.write(writer); }
  void read(StateReader& reader) override { state_.read(reader); }
  std::shared_ptr<const void> summary(std::span<const uint32_t> class_order) const override {
    return std::make_shared<const typename S::Summary>(state_.summary(class_order));
  }

 private:
  S state_;
};

struct QualityStateEntry {
  std::string_view name;
  std::unique_ptr<AnyQualityState> (*make)(const QualityShape&);
};

template <QualityState S>
std::unique_ptr<AnyQualityState> make_quality_state(const QualityShape& shape) {
  return std::make_unique<HeldQualityState<S>>(shape);
}

/// One object for each type of state: metrics of the same state find each other by its address.
template <QualityState S>
inline constexpr QualityStateEntry kQualityStateOf{S::kName, &make_quality_state<S>};

/// A metric of some rows. `low` and `high` hold the exact value where a histogram stands for the
/// scores. A value that is NaN, or 0 by convention, has a reason.
struct MetricValue {
  double value = 0;
  double low = 0;
  double high = 0;
  std::string reason{};
  std::vector<double> by_class{};

  static MetricValue of(double value) { return {value, value, value}; }
  static MetricValue because(double value, std::string_view reason) {
    return {value, value, value, std::string(reason)};
  }
};

/// What the reference page of a metric says, in plain text.
struct MetricNotes {
  std::string_view formula;
  std::string_view range;
  std::string_view source{};
};

template <class M>
concept Metric = requires(const typename M::State::Summary& summary, const MetricOptions& options) {
  { M::kName } -> std::convertible_to<std::string_view>;
  { M::kSummary } -> std::convertible_to<std::string_view>;
  { M::kTasks } -> std::convertible_to<uint8_t>;
  { M::kNeedsScores } -> std::convertible_to<bool>;
  { M::kDirection } -> std::convertible_to<int8_t>;
  { M::kNotes } -> std::convertible_to<MetricNotes>;
  { M::value(summary, options) } -> std::same_as<MetricValue>;
};

/// A row of the list of metrics.
struct MetricEntry {
  std::string_view name;
  std::string_view summary;
  uint8_t tasks;
  bool needs_scores;  // else predicted classes, or the predictions of the task
  int8_t direction;   // 1: more is better, -1: less is, 0: neither
  MetricNotes notes;
  const QualityStateEntry* state;
  MetricValue (*value)(const void* summary, const MetricOptions&);
};

template <Metric M>
MetricValue metric_value(const void* summary, const MetricOptions& options) {
  return M::value(*static_cast<const typename M::State::Summary*>(summary), options);
}

template <Metric M>
consteval MetricEntry metric_of() {
  return {M::kName,
          M::kSummary,
          M::kTasks,
          M::kNeedsScores,
          M::kDirection,
          M::kNotes,
          &kQualityStateOf<typename M::State>,
          &metric_value<M>};
}

std::span<const MetricEntry* const> metric_list();

}  // namespace mainspring
