// The contract of a transform: what an operator is called, takes, learns, and compiles to.
//
// To add one: a struct that satisfies TransformOperator in its own .cpp here, one line in
// transform_list.cpp, a class in python/mainspring/transforms, an oracle in tests/reference.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/key_tallies.hpp"
#include "fit/transforms/param.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {

class KeyIndex;
class NumberCounts;  // profile/number_counts.hpp
struct KeyCut;       // fit/transforms/shared_keys.hpp

/// What an operator can read. A column is decoded to what the first operator of its expression
/// wants.
enum class InputRule : uint8_t {
  kNumber,        // f64
  kNumberOrText,  // f64 or bytes
  kText,          // bytes
  kKey,           // anything that can be equal to itself: bytes, i64, f64, ids, dates, timestamps
  kKeyOrList,     // what kKey takes, or lists of bytes, i64 or f64
  kTimestamp,     // dates and timestamps
  kFeature,       // what can be stored: f64 or ids
  kList,          // lists of bytes, i64 or f64, or of ids; decoded to what the next operator wants
  kNumberList,    // lists of f64
  kNumberOrIdList,  // lists of f64, or of ids
};

/// An operator without a State learns nothing.
template <class Op>
concept Learns = requires { typename Op::State; };

/// The state of what an operator learns. merge() is associative and commutative in what compile()
/// makes of it, so that batches, threads and shards cannot change a result. read() replaces the
/// state by what write() wrote.
template <class Op>
concept LearningOperator =
    requires(typename Op::State& state, typename Op::State other, const typename Op::State& learnt,
             const FitTile& tile, StateWriter& writer, StateReader& reader,
             const typename Op::Params& params, std::span<const Feature> in, PlanBuilder& builder) {
      requires std::copy_constructible<typename Op::State>;
      requires std::constructible_from<typename Op::State, const typename Op::Params&>;
      { state.update(tile) } -> std::same_as<void>;
      { state.merge(std::move(other)) } -> std::same_as<void>;
      { learnt.write(writer) } -> std::same_as<void>;
      { state.read(reader) } -> std::same_as<void>;
      { Op::compile(params, learnt, in, builder) } -> std::same_as<std::vector<Feature>>;
    };

template <class Op>
concept StatelessOperator =
    !Learns<Op> &&
    requires(const typename Op::Params& params, std::span<const Feature> in, PlanBuilder& builder) {
      { Op::compile(params, in, builder) } -> std::same_as<std::vector<Feature>>;
    };

/// What every operator is. check() throws Error(kParameter) that names operator, parameter, what
/// was expected and what came; it is called once, when the expression is built. compile() emits
/// steps and returns the streams that they write; it neither releases its inputs nor writes to
/// their slots; it may throw.
///
/// Optional, found by their presence:
///   kJoint = true           all streams of the expression at once (cross), else one by one
///   kFills = true           writes a constant where its input is missing, nothing else; the State
///                           has num_missing()
///   kKeepsNan = true        NaN in its columns is a value: it comes first in an expression
///   kUsesTarget = true      FitTile::target is there
///   kCountsKeys = true      the State numbers keys through SharedKeys, together with other
///                           operators over the same stream
///   kTakesTallies = true    instead of a tile the State of a column's keys takes what was counted
///                           once for all: tally_folds(cross_fit), add_tallies(tallies, index)
///   key_columns(params)     names of columns that come to compile() and update() behind the stream
///                           as keys (InputRule::kKey), not through the operators before
///   learns(params)          false where these parameters leave nothing to learn
///   check_inputs(params, in) throws Error(kSchema or kParameter) before any data is read, where
///                           the types that kInput allows are not what these parameters take
///   State::update_repeated(tile of one row, count)
///                           the row `count` times, in closed form; only for states that learn
///                           nothing from missing rows: lets the planner fit it in the same round
///                           as a fill before it
///   State::counted()        of a fill: the numbers of all rows that were there, and in how many
///   each
///                           is, while the state knows them; else null
///   State::update_counted(values, counts)
///                           rows in any order, of each value as many as it says, NaN of missing
///                           ones; false, and nothing is learnt, where it must see row after row:
///                           lets it wait for what a fill before it has counted
///   compile_cross_fitted()  as compile(), for fit_transform: each row through what was learnt from
///                           the rows outside its fold, or from others than itself
///   State::limit_keys(max_keys, cut), State::key_error()
///                           drops the lightest keys where there are more than max_keys; how many
///                           rows that can have cost a key: see KeyIndex
///   State::limit_values(max_values), State::rank_error()
///                           after a merge: holds a sketch where more than max_values numbers
///                           differ, as update() does with FitTile::max_values; how many values a
///                           rank may be wrong by
///   State::settle()         computes what compile() would each time, when all rows have come
///   State::forget_rows()    drops what only compile_cross_fitted() reads, when it has been called
template <class Op>
concept TransformOperator = requires(const typename Op::Params& params) {
  { Op::kName } -> std::convertible_to<std::string_view>;
  { Op::kSummary } -> std::convertible_to<std::string_view>;
  { Op::kInput } -> std::convertible_to<InputRule>;
  requires std::default_initializable<typename Op::Params>;
  Op::kParams;
  { Op::check(params) } -> std::same_as<void>;
} && (StatelessOperator<Op> || LearningOperator<Op>);

/// A State whose type is erased.
class LearntState {
 public:
  virtual ~LearntState() = default;
  virtual void update(const FitTile& tile) = 0;
  virtual void update_repeated(const FitTile& one_row, uint64_t count) = 0;
  virtual const NumberCounts* counted() const = 0;  // null where it counts no numbers
  /// False where it cannot.
  virtual bool update_counted(std::span<const double> values, std::span<const uint64_t> counts) = 0;
  /// Nothing where it takes no tallies. `index` is that of their keys.
  virtual std::optional<TallyFolds> tally_folds(bool cross_fit) = 0;
  virtual void add_tallies(const KeyTallies& tallies, const std::shared_ptr<KeyIndex>& index) = 0;
  virtual void settle() = 0;
  virtual void merge(LearntState&& other) = 0;  // of the same operator and parameters
  virtual uint64_t num_missing() const = 0;     // of a fill
  virtual void forget_rows() = 0;
  virtual void limit_keys(uint64_t max_keys, KeyCut& cut) = 0;
  virtual uint64_t key_error() const = 0;  // 0 where it holds no keys
  virtual void limit_values(uint64_t max_values) = 0;
  virtual uint64_t rank_error() const = 0;  // 0 where it ranks no values
  virtual std::unique_ptr<LearntState> clone() const = 0;
  virtual void write(StateWriter& writer) const = 0;
  virtual void read(StateReader& reader) = 0;
};

struct Transform;

/// An operator with its parameters, checked. Immutable.
class Operator {
 public:
  virtual ~Operator() = default;
  virtual const Transform& transform() const = 0;
  virtual bool learns() const = 0;
  virtual std::unique_ptr<LearntState> new_state() const = 0;
  /// Columns that come behind each stream as keys.
  virtual std::vector<std::string> key_columns() const = 0;
  virtual void check_inputs(std::span<const Feature> in) const = 0;
  /// `state` is null when the operator learns nothing.
  virtual std::vector<Feature> compile(const LearntState* state, std::span<const Feature> in,
                                       PlanBuilder& builder, bool cross_fitted) const = 0;
  /// Every parameter, in the order of the table.
  virtual NamedParams params() const = 0;
};

/// A row of the list of operators.
struct Transform {
  std::string_view name;
  std::string_view summary;
  InputRule input;
  bool has_state;
  bool joint;
  bool fills;
  bool keeps_nan;
  bool uses_target;
  bool counts_keys;
  bool takes_repeated;
  bool takes_counted;
  std::vector<ParamInfo> (*params)();
  std::unique_ptr<const Operator> (*bind)(const Transform& row, const NamedParams& params);
};

namespace transform_internal {

template <class Op>
concept Joint = requires { requires Op::kJoint; };
template <class Op>
concept Fills = requires(const typename Op::State& state) {
  requires Op::kFills;
  { state.num_missing() } -> std::same_as<uint64_t>;
};
template <class Op>
concept KeepsNan = requires { requires Op::kKeepsNan; };
template <class Op>
concept UsesTarget = requires { requires Op::kUsesTarget; };
template <class Op>
concept CountsKeys = requires { requires Op::kCountsKeys; };
template <class Op>
concept TakesTallies = requires { requires Op::kTakesTallies; };
template <class Op>
concept Settles = requires(typename Op::State& state) {
  { state.settle() } -> std::same_as<void>;
};
template <class Op>
concept TakesRepeated = requires(typename Op::State& state, const FitTile& tile) {
  { state.update_repeated(tile, uint64_t{1}) } -> std::same_as<void>;
};
template <class Op>
concept CountsNumbers = requires(const typename Op::State& state) {
  { state.counted() } -> std::same_as<const NumberCounts*>;
};
template <class Op>
concept TakesCounted = requires(typename Op::State& state, std::span<const double> values,
                                std::span<const uint64_t> counts) {
  { state.update_counted(values, counts) } -> std::same_as<bool>;
};
template <class Op>
concept KeepsRows = requires(typename Op::State& state) {
  { state.forget_rows() } -> std::same_as<void>;
};
template <class Op>
concept HoldsKeys = requires(typename Op::State& state, KeyCut& cut) {
  state.limit_keys(uint64_t{1}, cut);
  { state.key_error() } -> std::same_as<uint64_t>;
};
template <class Op>
concept RanksValues = requires(typename Op::State& state) {
  state.limit_values(uint64_t{1});
  { state.rank_error() } -> std::same_as<uint64_t>;
};
template <class Op>
concept TakesKeys = requires(const typename Op::Params& params) {
  { Op::key_columns(params) } -> std::same_as<std::vector<std::string>>;
};
template <class Op>
concept MayLearn = requires(const typename Op::Params& params) {
  { Op::learns(params) } -> std::same_as<bool>;
};
template <class Op>
concept ChecksInputs = requires(const typename Op::Params& params, std::span<const Feature> in) {
  { Op::check_inputs(params, in) } -> std::same_as<void>;
};
template <class Op>
concept CrossFits = requires(const typename Op::Params& params, const typename Op::State& state,
                             std::span<const Feature> in, PlanBuilder& builder) {
  { Op::compile_cross_fitted(params, state, in, builder) } -> std::same_as<std::vector<Feature>>;
};

template <class Op>
class StateOf final : public LearntState {
 public:
  explicit StateOf(const typename Op::Params& params) : state(params) {}
  void update(const FitTile& tile) override { state.update(tile); }
  void update_repeated(const FitTile& one_row, uint64_t count) override {
    if constexpr (TakesRepeated<Op>) state.update_repeated(one_row, count);
  }
  const NumberCounts* counted() const override {
    if constexpr (CountsNumbers<Op>) return state.counted();
    return nullptr;
  }
  bool update_counted(std::span<const double> values, std::span<const uint64_t> counts) override {
    if constexpr (TakesCounted<Op>) return state.update_counted(values, counts);
    return false;
  }
  std::optional<TallyFolds> tally_folds(bool cross_fit) override {
    if constexpr (TakesTallies<Op>) return state.tally_folds(cross_fit);
    return std::nullopt;
  }
  void add_tallies(const KeyTallies& tallies, const std::shared_ptr<KeyIndex>& index) override {
    if constexpr (TakesTallies<Op>) state.add_tallies(tallies, index);
  }
  void settle() override {
    if constexpr (Settles<Op>) state.settle();
  }
  void merge(LearntState&& other) override {
    state.merge(std::move(static_cast<StateOf&>(other).state));
  }
  uint64_t num_missing() const override {
    if constexpr (Fills<Op>) return state.num_missing();
    return 0;
  }
  void forget_rows() override {
    if constexpr (KeepsRows<Op>) state.forget_rows();
  }
  void limit_keys(uint64_t max_keys, KeyCut& cut) override {
    if constexpr (HoldsKeys<Op>) state.limit_keys(max_keys, cut);
  }
  uint64_t key_error() const override {
    if constexpr (HoldsKeys<Op>) return state.key_error();
    return 0;
  }
  void limit_values(uint64_t max_values) override {
    if constexpr (RanksValues<Op>) state.limit_values(max_values);
  }
  uint64_t rank_error() const override {
    if constexpr (RanksValues<Op>) return state.rank_error();
    return 0;
  }
  std::unique_ptr<LearntState> clone() const override { return std::make_unique<StateOf>(*this); }
  void write(StateWriter& writer) const override { state.write(writer); }
  void read(StateReader& reader) override { state.read(reader); }

  typename Op::State state;
};

template <class Op>
auto param_rows() {
  const typename Op::Params params{};
  return std::apply(
      [&](const auto&... param) {
        return std::array<ParamRow, sizeof...(param)>{row_of(param, params)...};
      },
      Op::kParams);
}

template <class Op>
std::vector<ParamInfo> params_of() {
  const typename Op::Params defaults{};
  return describe_params(param_rows<Op>(), &defaults);
}

template <class Op>
class OperatorOf final : public Operator {
 public:
  OperatorOf(const Transform& row, const NamedParams& named) : row_(row) {
    set_params(Op::kName, param_rows<Op>(), named, &params_);
    Op::check(params_);
  }
  const Transform& transform() const override { return row_; }
  bool learns() const override {
    if constexpr (MayLearn<Op>) return Op::learns(params_);
    return Learns<Op>;
  }
  std::unique_ptr<LearntState> new_state() const override {
    if constexpr (Learns<Op>) return std::make_unique<StateOf<Op>>(params_);
    return nullptr;
  }
  std::vector<std::string> key_columns() const override {
    if constexpr (TakesKeys<Op>) return Op::key_columns(params_);
    return {};
  }
  void check_inputs(std::span<const Feature> in) const override {
    if constexpr (ChecksInputs<Op>) Op::check_inputs(params_, in);
  }
  std::vector<Feature> compile(const LearntState* state, std::span<const Feature> in,
                               PlanBuilder& builder, bool cross_fitted) const override {
    if constexpr (Learns<Op>) {
      if (state == nullptr) {
        return Op::compile(params_, typename Op::State(params_), in, builder);
      }
      const auto& learnt = static_cast<const StateOf<Op>*>(state)->state;
      if constexpr (CrossFits<Op>) {
        if (cross_fitted) return Op::compile_cross_fitted(params_, learnt, in, builder);
      }
      return Op::compile(params_, learnt, in, builder);
    } else {
      (void)state;
      (void)cross_fitted;
      return Op::compile(params_, in, builder);
    }
  }
  NamedParams params() const override { return read_params(param_rows<Op>(), &params_); }

 private:
  const Transform& row_;
  typename Op::Params params_{};
};

}  // namespace transform_internal

/// The operator as a row, checked against the concept.
template <TransformOperator Op>
constexpr Transform transform_of() noexcept {
  namespace internal = transform_internal;
  return Transform{Op::kName,
                   Op::kSummary,
                   Op::kInput,
                   Learns<Op>,
                   internal::Joint<Op>,
                   internal::Fills<Op>,
                   internal::KeepsNan<Op>,
                   internal::UsesTarget<Op>,
                   internal::CountsKeys<Op>,
                   internal::TakesRepeated<Op>,
                   internal::TakesCounted<Op>,
                   &internal::params_of<Op>,
                   [](const Transform& row, const NamedParams& params) {
                     return std::unique_ptr<const Operator>(
                         std::make_unique<internal::OperatorOf<Op>>(row, params));
                   }};
}

}  // namespace mainspring
