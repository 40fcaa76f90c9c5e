// A plan from numbers that are known already, without data to learn them from: what a converter of
// another library's fitted object writes (python/mainspring/transforms/importers).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fit/plan/plan_builder.hpp"
#include "runtime/core/power.hpp"
#include "runtime/steps/arithmetic.hpp"

namespace mainspring {

/// Values that steps compute from columns, and which of them are features. A value is the number
/// that its method returned; the same step over the same values is one value. Slots are chosen by
/// finish(), which leaves out what no feature needs.
///
/// Methods throw Error(kParameter) for a value that is not there or has another type than the step
/// takes, and finish() for a plan without features or with too many of anything. Whether numbers
/// are what a step takes is proven where a bundle is opened.
class PlanDraft {
 public:
  using Value = uint32_t;

  Value column(std::string_view name, InputKind kind);  // kFloat, kInteger or kBytes

  Value affine(Value in, double center, double scale);
  Value calculate(Value in, ArithmeticCode code, double number);  // in + number, ...
  Value calculate(Value first, ArithmeticCode code, Value second);
  Value clip(Value in, double low, double high);
  Value log1p(Value in);
  Value power(Value in, PowerFamily family, double lambda);
  Value fill(Value in, double value);
  Value is_missing(Value in);
  /// As many numbers each; without points everything is missing.
  Value interpolate(Value in, std::span<const double> x, std::span<const double> below,
                    std::span<const double> at, std::span<const double> above);
  Value normal_quantile(Value in);

  /// Ids: missing 0, unseen 1, then the keys in their order.
  Value find(Value in, std::span<const double> keys);
  Value find(Value in, std::span<const int64_t> keys);
  Value find(Value in, std::span<const std::string_view> keys);
  /// Ids: missing 0, else 1 + the number of edges at or below.
  Value count_edges(Value in, std::span<const double> edges);
  /// One number for each id; NaN is missing.
  Value gather(Value ids, std::span<const double> numbers);

  void store(Value in, std::string_view name);
  /// One feature for each name. places: for each id 1 + its feature, or 0.
  void store_one_hot(Value ids, std::span<const uint32_t> places,
                     std::span<const std::string> names);

  /// The bytes of a bundle of the plan.
  std::vector<uint8_t> finish() const;

 private:
  struct Node {
    StepRecord record;  // inputs, outputs and the place of its data are filled by finish()
    ValueType type;
    std::vector<Value> inputs;
    std::vector<uint8_t> data;
    uint64_t cardinality;  // of ids
    std::string column;    // of a load
  };
  struct Stored {
    Value value;
    std::vector<uint32_t> places;  // of a one-hot
    std::vector<FeatureInfo> infos;
    bool one_hot;
  };
  class Emission;

  Value add(Node node);
  Value add_number(StepRecord record, Value in, std::vector<uint8_t> data = {});
  Value add_ids(Value in, ValueType expected, StepRecord record, std::vector<uint8_t> data,
                uint64_t cardinality);
  const Node& node(Value value, ValueType expected) const;
  const Node& node(Value value) const;

  std::vector<Node> nodes_;
  std::unordered_multimap<uint64_t, Value> known_;  // by hash
  std::vector<Stored> stored_;
};

}  // namespace mainspring
