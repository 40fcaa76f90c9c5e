// The walk over expressions that emits steps; slots are given back as soon as nothing reads them.
#include "fit/plan/compile_plan.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "fit/plan/names_in_use.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

std::string_view what_is(const Feature& feature) {
  if (feature.one_hot != nullptr) return "one feature for each category";
  if (feature.element_ids != nullptr) return "lists of ids";
  if (feature.ngrams != nullptr) return "many features of a text";
  switch (feature.slot.type) {
    case ValueType::kF64: return "numbers";
    case ValueType::kBytes: return "strings";
    case ValueType::kI64: return feature.unit == TimeUnit::kNone ? "integers" : "times";
    case ValueType::kF64List: return "lists of numbers";
    case ValueType::kI64List: return "lists of integers";
    case ValueType::kBytesList: return "lists of strings";
    default: return "ids";
  }
}

bool takes(InputRule rule, const Feature& feature) {
  if (feature.is_many()) return false;
  const ValueType type = feature.slot.type;
  if (feature.element_ids != nullptr) {
    return rule == InputRule::kList || rule == InputRule::kNumberOrIdList;
  }
  switch (rule) {
    case InputRule::kNumber: return type == ValueType::kF64;
    case InputRule::kNumberOrText: return type == ValueType::kF64 || type == ValueType::kBytes;
    case InputRule::kText: return type == ValueType::kBytes;
    case InputRule::kKey: return !is_list(type);
    case InputRule::kKeyOrList: return true;
    case InputRule::kTimestamp: return type == ValueType::kI64 && feature.unit != TimeUnit::kNone;
    case InputRule::kFeature: return type == ValueType::kF64 || type == ValueType::kI32;
    case InputRule::kList: return is_list(type);
    case InputRule::kNumberList:
    case InputRule::kNumberOrIdList: return type == ValueType::kF64List;
  }
  return false;
}

std::string_view streams_for(InputRule rule) {
  switch (rule) {
    case InputRule::kTimestamp: return "times";
    case InputRule::kNumberOrText: return "numbers or strings";
    case InputRule::kText: return "strings";
    case InputRule::kKey: return "single values";
    case InputRule::kKeyOrList: return "single values or lists of values";
    case InputRule::kList: return "lists";
    case InputRule::kNumberList: return "lists of numbers";
    case InputRule::kNumberOrIdList: return "lists of numbers or ids";
    default: return "numbers";
  }
}

void check_inputs(const Operator& op, std::span<const Feature> in) {
  for (const Feature& feature : in.first(in.size() - op.key_columns().size())) {
    if (takes(op.transform().input, feature)) continue;
    const std::string_view expected = streams_for(op.transform().input);
    throw Error(ErrorKind::kSchema, std::string(op.transform().name) + " takes " +
                                        std::string(expected) + ", but " + feature.expression +
                                        " gives " + std::string(what_is(feature)) +
                                        ". Leave one of the two out, or change their order.")
        .column(feature.column)
        .expected(expected)
        .got(what_is(feature));
  }
  op.check_inputs(in);
}

/// What an operator is called with, once for each stream: the stream and its keys, or all streams
/// together.
std::vector<std::vector<Feature>> inputs_of(const Chain& chain, size_t index,
                                            std::span<const Feature> streams) {
  const std::span<const Feature> keys = streams.last(chain.keys_at(index));
  const std::span<const Feature> own = streams.first(streams.size() - keys.size());
  std::vector<std::vector<Feature>> inputs;
  if (chain.operators[index]->transform().joint) {
    inputs.emplace_back(own.begin(), own.end());
  } else {
    for (const Feature& stream : own) inputs.push_back({stream});
  }
  if (chain.takes_keys(index)) {
    for (auto& in : inputs) in.insert(in.end(), keys.begin(), keys.end());
  }
  return inputs;
}

/// What makes a feature of a stream that is none.
std::string_view fix_for(const Feature& feature) {
  return is_list(feature.slot.type) ? "list_length(), list_pool(), list_pad() or one_hot()"
                                    : "ordinal(), target_mean() or cross()";
}

bool passed_on(const Feature& in, const std::vector<Feature>& out) {
  return std::any_of(out.begin(), out.end(),
                     [&](const Feature& feature) { return feature.slot.number == in.slot.number; });
}

std::vector<Feature> apply(const BoundChain& bound, size_t index, std::span<const Feature> in,
                           size_t stream, CompileMode mode, PlanBuilder& builder) {
  const Operator& op = *bound.chain.operators[index];
  const auto& states = bound.states[index];
  const LearntState* state = stream < states.size() ? states[stream].get() : nullptr;
  std::vector<Feature> out = op.compile(state, in, builder, mode.cross_fitted);
  for (Feature& feature : out) {
    // A joint operator's stream stands for all columns of the chain.
    if (op.transform().joint) {
      feature.expression = describe(bound.chain, index + 1);
    } else {
      feature.expression.append(".").append(op.transform().name).append("()");
    }
  }
  return out;
}

/// An alias that begins the names of many features: it stands in place of the name of the stream
/// that they come from.
void name_source(const Chain& chain, size_t num_own, std::vector<Feature>* streams) {
  if (!chain.alias.empty() && num_own == 1) (*streams)[0].info.name = chain.alias;
}

/// Before the names of features that several columns give together.
void name_joined(const Chain& chain, size_t index, size_t num_own, std::vector<Feature>* made) {
  if (chain.alias.empty() || num_own == 1 || made->size() == 1) return;
  if (!chain.operators[index]->transform().joint) return;
  for (Feature& feature : *made) feature.info.name = chain.alias + "_" + feature.info.name;
}

/// Whether streams can be features: what the final plan and the check before it have in common.
class FeatureNames {
 public:
  void add(const Chain& chain, std::vector<Feature>* features) {
    for (Feature& feature : *features) {
      const bool jagged = feature.element_ids != nullptr;
      if (!feature.is_many() && !jagged && !takes(InputRule::kFeature, feature)) {
        throw Error(ErrorKind::kSchema, feature.expression + " gives " +
                                            std::string(what_is(feature)) +
                                            ", expected numbers or ids for a feature. Add " +
                                            std::string(fix_for(feature)) + ".")
            .column(feature.column);
      }
      if (!feature.is_many()) {
        // Of several, the alias begins the names already.
        if (!chain.alias.empty() && features->size() == 1) feature.info.name = chain.alias;
        names_.add(feature.info, feature.expression);
        continue;
      }
      for (const FeatureInfo& info :
           feature.one_hot != nullptr ? feature.one_hot->infos : feature.ngrams->infos) {
        names_.add(info, feature.expression);
      }
    }
  }

 private:
  NamesInUse names_;
};

}  // namespace

namespace {

uint32_t add_input(const ColumnBinding& column, PlanBuilder& builder) {
  return builder.add_input(column.name, column.kind, column.unit, column.time_zone, column.fitted);
}

/// Whether NaN in a column is a value: not in keys, which only pass by.
bool keeps_nan(const BoundChain& bound, const ColumnBinding& column) {
  const auto place = static_cast<size_t>(&column - bound.columns.data());
  return bound.chain.keeps_nan() && place < bound.columns.size() - bound.chain.num_keys;
}

/// What a side is called in the names of what is calculated from it.
void name_side(const Chain& side, Feature* feature) {
  if (!side.alias.empty()) {
    feature->info.name = side.alias;
  } else if (side.joins()) {
    feature->info.name = "(" + feature->info.name + ")";
  }
}

}  // namespace

std::vector<ColumnBinding> plan_inputs(std::span<const BoundChain> chains) {
  std::vector<ColumnBinding> inputs;
  for (const BoundChain& bound : chains) {
    visit_chains(bound, [&](const BoundChain& node) {
      for (const ColumnBinding& column : node.columns) {
        const auto same = [&](const ColumnBinding& other) {
          return other.name == column.name && other.kind == column.kind;
        };
        if (std::none_of(inputs.begin(), inputs.end(), same)) inputs.push_back(column);
      }
    });
  }
  return inputs;
}

std::vector<Feature> load_streams(const BoundChain& bound, CompileMode mode, PlanBuilder& builder) {
  std::vector<Feature> streams;
  for (const BoundChain& side : bound.sides) {
    const Chain& chain = side.chain;
    for (Feature& feature : compile_operators(side, 0, chain.operators.size(),
                                              load_streams(side, mode, builder), mode, builder)) {
      name_side(chain, &feature);
      streams.push_back(std::move(feature));
    }
  }
  for (const ColumnBinding& column : bound.columns) {
    Feature& feature = streams.emplace_back();
    feature.slot = builder.load(add_input(column, builder), keeps_nan(bound, column));
    feature.info.name = column.name;
    feature.column = column.name;
    feature.expression = "col('" + column.name + "')";
    feature.unit = column.unit;
    feature.time_zone = column.time_zone;
  }
  return streams;
}

std::vector<Feature> compile_operators(const BoundChain& bound, size_t first, size_t last,
                                       std::vector<Feature> streams, CompileMode mode,
                                       PlanBuilder& builder) {
  for (size_t index = first; index < last; ++index) {
    const size_t num_own = streams.size() - bound.chain.keys_at(index);
    name_source(bound.chain, num_own, &streams);
    std::vector<Feature> next;
    const std::vector<std::vector<Feature>> inputs = inputs_of(bound.chain, index, streams);
    for (size_t stream = 0; stream < inputs.size(); ++stream) {
      for (Feature& feature : apply(bound, index, inputs[stream], stream, mode, builder)) {
        next.push_back(std::move(feature));
      }
    }
    name_joined(bound.chain, index, num_own, &next);
    if (!bound.chain.takes_keys(index)) {
      const auto keys = std::span(streams).last(bound.chain.keys_at(index));
      next.insert(next.end(), keys.begin(), keys.end());
    }
    for (const Feature& in : streams) {
      if (mode.release && !passed_on(in, next)) builder.release(in.slot);
    }
    streams = std::move(next);
  }
  return streams;
}

namespace {

/// The columns of a plan, held in their slots for as long as a later expression reads them.
class HeldColumns {
 public:
  HeldColumns(std::span<const BoundChain> chains, PlanBuilder& builder) : builder_(builder) {
    for (const BoundChain& bound : chains) {
      each_column(bound, [&](const ColumnBinding&, const Key& key) { ++uses_left_[key]; });
    }
  }
  /// Before the streams of a chain are loaded: sides give back what they have read, so that their
  /// columns are held for each other.
  void before(const BoundChain& bound) {
    if (bound.sides.empty()) return;
    each_column(bound, [&](const ColumnBinding& column, const Key& key) { hold(column, key); });
  }
  /// Behind the loads of a chain.
  void loaded(const BoundChain& bound) {
    each_column(bound, [&](const ColumnBinding& column, const Key& key) {
      if (--uses_left_[key] > 0) hold(column, key);
    });
  }
  void after(const BoundChain& bound) {
    each_column(bound, [&](const ColumnBinding&, const Key& key) {
      const auto held = held_.find(key);
      if (held == held_.end() || uses_left_[key] > 0) return;
      builder_.release(held->second);
      held_.erase(held);
    });
  }

 private:
  using Key = std::tuple<std::string, InputKind, bool>;  // NaN is a value

  template <class Use>
  static void each_column(const BoundChain& bound, const Use& use) {
    visit_chains(bound, [&](const BoundChain& node) {
      for (const ColumnBinding& column : node.columns) {
        use(column, {column.name, column.kind, keeps_nan(node, column)});
      }
    });
  }
  void hold(const ColumnBinding& column, const Key& key) {
    if (held_.contains(key)) return;
    held_[key] = builder_.load(add_input(column, builder_), std::get<bool>(key));
  }

  PlanBuilder& builder_;
  std::map<Key, uint32_t> uses_left_;
  std::map<Key, Slot> held_;
};

}  // namespace

void compile_plan(std::span<const BoundChain> chains, bool cross_fitted, PlanBuilder& builder) {
  const CompileMode mode{cross_fitted, /*release=*/true};
  HeldColumns columns(chains, builder);
  FeatureNames names;
  for (const BoundChain& bound : chains) {
    columns.before(bound);
    std::vector<Feature> streams = load_streams(bound, mode, builder);
    columns.loaded(bound);
    streams = compile_operators(bound, 0, bound.chain.operators.size(), std::move(streams), mode,
                                builder);
    names.add(bound.chain, &streams);
    for (const Feature& feature : streams) {
      if (feature.ngrams != nullptr) {
        builder.store_ngrams(feature.slot, feature.ngrams->record, feature.ngrams->infos);
      } else if (feature.element_ids != nullptr) {
        builder.store_jagged(feature.slot, feature.element_ids->table, feature.info);
      } else if (feature.one_hot == nullptr) {
        builder.store(feature.slot, feature.info);
      } else if (is_list(feature.slot.type)) {
        const auto& [places, table, infos] = *feature.one_hot;
        builder.store_multi_hot(feature.slot, table, places[0], places[1], infos);
      } else {
        builder.store_one_hot(feature.slot, feature.one_hot->places, feature.one_hot->infos);
      }
    }
    for (const Feature& feature : streams) builder.release(feature.slot);
    columns.after(bound);
  }
  builder.vocabularies().clear();
}

namespace {

/// Every operator compiles without having learnt anything; fills change neither type nor name.
std::vector<Feature> check_chain(const BoundChain& bound, const ZoneTables& zones,
                                 std::vector<std::string>* missing_zones,
                                 std::vector<std::vector<size_t>>* stream_counts) {
  PlanBuilder builder(zones, missing_zones);
  std::vector<Feature> streams;
  for (const BoundChain& side : bound.sides) {
    for (Feature& feature : check_chain(side, zones, missing_zones, stream_counts)) {
      name_side(side.chain, &feature);
      feature.slot = builder.new_slot(feature.slot.type);  // in this plan
      streams.push_back(std::move(feature));
    }
  }
  const BoundChain empty{bound.chain, bound.columns, ChainStates(bound.chain.operators.size()), {}};
  for (Feature& feature : load_streams(empty, {}, builder)) {
    streams.push_back(std::move(feature));
  }
  std::vector<size_t> counts;
  for (size_t index = 0; index < bound.chain.operators.size(); ++index) {
    const Operator& op = *bound.chain.operators[index];
    const size_t num_own = streams.size() - bound.chain.keys_at(index);
    counts.push_back(num_own);
    for (const auto& in : inputs_of(bound.chain, index, streams)) check_inputs(op, in);
    if (op.transform().fills) {
      for (Feature& stream : std::span(streams).first(num_own)) {
        stream.expression.append(".").append(op.transform().name).append("()");
      }
      continue;
    }
    streams = compile_operators(empty, index, index + 1, std::move(streams), {}, builder);
  }
  stream_counts->push_back(std::move(counts));
  return streams;
}

}  // namespace

std::vector<std::vector<size_t>> check_plan(std::span<const BoundChain> chains,
                                            const ZoneTables& zones,
                                            std::vector<std::string>* missing_zones) {
  std::vector<std::vector<size_t>> stream_counts;
  FeatureNames names;
  for (const BoundChain& bound : chains) {
    std::vector<Feature> streams = check_chain(bound, zones, missing_zones, &stream_counts);
    for (Feature& stream : streams) {
      // Names are known when they have been learnt.
      if (stream.one_hot != nullptr) stream.one_hot = std::make_shared<const OneHotColumns>();
      if (stream.ngrams != nullptr) stream.ngrams = std::make_shared<const NgramColumns>();
    }
    names.add(bound.chain, &streams);
  }
  return stream_counts;
}

}  // namespace mainspring
