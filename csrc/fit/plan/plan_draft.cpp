// Steps as a graph of values, then in an order in which each slot is used again as soon as it may.
#include "fit/plan/plan_draft.hpp"

#include <cstring>
#include <optional>
#include <utility>

#include "fit/plan/lookup_table.hpp"
#include "host/error.hpp"
#include "runtime/arrow/decode_tile.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

namespace {

template <class T>
std::vector<uint8_t> bytes_of(std::span<const T> values) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  return {bytes, bytes + values.size_bytes()};
}

std::string_view name_of(ValueType type) {
  switch (type) {
    case ValueType::kF64: return "numbers";
    case ValueType::kI64: return "integers";
    case ValueType::kBytes: return "strings";
    case ValueType::kI32: return "ids";
    default: return "other values";
  }
}

uint64_t hash_of(const StepRecord& record, std::span<const uint8_t> data) {
  return hash_bytes(reinterpret_cast<const uint8_t*>(&record), sizeof(record)) ^
         hash_bytes(data.data(), data.size());
}

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::kParameter, message); }

}  // namespace

PlanDraft::Value PlanDraft::add(Node node) {
  const uint64_t hash = hash_of(node.record, node.data);
  const auto [first, last] = known_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    const Node& other = nodes_[known->second];
    if (std::memcmp(&node.record, &other.record, sizeof(node.record)) == 0 &&
        node.inputs == other.inputs && node.data == other.data && node.column == other.column) {
      return known->second;
    }
  }
  const auto value = static_cast<Value>(nodes_.size());
  nodes_.push_back(std::move(node));
  known_.emplace(hash, value);
  return value;
}

const PlanDraft::Node& PlanDraft::node(Value value) const {
  if (value < nodes_.size()) return nodes_[value];
  fail("The plan has no value " + std::to_string(value) + ", it has " +
       std::to_string(nodes_.size()) + ".");
}

const PlanDraft::Node& PlanDraft::node(Value value, ValueType expected) const {
  const Node& node = this->node(value);
  if (node.type == expected) return node;
  fail("Value " + std::to_string(value) + " of the plan are " + std::string(name_of(node.type)) +
       ", expected " + std::string(name_of(expected)) + ".");
}

PlanDraft::Value PlanDraft::column(std::string_view name, InputKind kind) {
  if (name.empty()) fail("A column has an empty name. Rename it.");
  if (kind != InputKind::kFloat && kind != InputKind::kInteger && kind != InputKind::kBytes) {
    fail("A drafted plan reads numbers, integers and strings.");
  }
  return add({load_record(0, kind, TimeUnit::kNone, 0),
              value_type_of(kind),
              {},
              {},
              0,
              std::string(name)});
}

PlanDraft::Value PlanDraft::add_number(StepRecord record, Value in, std::vector<uint8_t> data) {
  (void)node(in, ValueType::kF64);
  return add({record, ValueType::kF64, {in}, std::move(data), 0, {}});
}

PlanDraft::Value PlanDraft::affine(Value in, double center, double scale) {
  return add_number(affine_record(0, 0, center, scale), in);
}

PlanDraft::Value PlanDraft::calculate(Value in, ArithmeticCode code, double number) {
  return add_number(arithmetic_number_record(code, 0, 0, number, /*number_first=*/false), in);
}

PlanDraft::Value PlanDraft::calculate(Value first, ArithmeticCode code, Value second) {
  (void)node(first, ValueType::kF64);
  (void)node(second, ValueType::kF64);
  return add({arithmetic_record(code, 0, 0, 0), ValueType::kF64, {first, second}, {}, 0, {}});
}

PlanDraft::Value PlanDraft::clip(Value in, double low, double high) {
  return add_number(clip_record(0, 0, low, high), in);
}

PlanDraft::Value PlanDraft::log1p(Value in) { return add_number(log1p_record(0, 0), in); }

PlanDraft::Value PlanDraft::power(Value in, PowerFamily family, double lambda) {
  return add_number(power_record(0, 0, family, lambda), in);
}

PlanDraft::Value PlanDraft::fill(Value in, double value) {
  return add_number(fill_number_record(0, 0, value), in);
}

PlanDraft::Value PlanDraft::is_missing(Value in) {
  (void)node(in);
  return add({is_missing_record(0, 0), ValueType::kF64, {in}, {}, 0, {}});
}

PlanDraft::Value PlanDraft::interpolate(Value in, std::span<const double> x,
                                        std::span<const double> below, std::span<const double> at,
                                        std::span<const double> above) {
  std::vector<uint8_t> data;
  for (const std::span<const double> part : {x, below, at, above}) {
    if (part.size() != x.size()) fail("interpolate takes as many values as points.");
    const std::vector<uint8_t> bytes = bytes_of(part);
    data.insert(data.end(), bytes.begin(), bytes.end());
  }
  return add_number(interpolate_record(0, 0, 0, x.size()), in, std::move(data));
}

PlanDraft::Value PlanDraft::normal_quantile(Value in) {
  return add_number(normal_quantile_record(0, 0), in);
}

PlanDraft::Value PlanDraft::add_ids(Value in, ValueType expected, StepRecord record,
                                    std::vector<uint8_t> data, uint64_t cardinality) {
  (void)node(in, expected);
  return add({record, ValueType::kI32, {in}, std::move(data), cardinality, {}});
}

PlanDraft::Value PlanDraft::find(Value in, std::span<const double> keys) {
  std::vector<uint8_t> table = build_lookup_table(keys);
  const StepRecord record = lookup_record(0, 0, 0, table.size(), keys.size());
  return add_ids(in, ValueType::kF64, record, std::move(table), keys.size() + kFirstEntryId);
}

PlanDraft::Value PlanDraft::find(Value in, std::span<const int64_t> keys) {
  std::vector<uint8_t> table = build_lookup_table(keys);
  const StepRecord record = lookup_record(0, 0, 0, table.size(), keys.size());
  return add_ids(in, ValueType::kI64, record, std::move(table), keys.size() + kFirstEntryId);
}

PlanDraft::Value PlanDraft::find(Value in, std::span<const std::string_view> keys) {
  std::vector<uint8_t> table = build_lookup_table(keys);
  const StepRecord record = lookup_record(0, 0, 0, table.size(), keys.size());
  return add_ids(in, ValueType::kBytes, record, std::move(table), keys.size() + kFirstEntryId);
}

PlanDraft::Value PlanDraft::count_edges(Value in, std::span<const double> edges) {
  return add_ids(in, ValueType::kF64,
                 count_edges_record(0, 0, 0, static_cast<uint32_t>(edges.size())), bytes_of(edges),
                 edges.size() + 2);
}

PlanDraft::Value PlanDraft::gather(Value ids, std::span<const double> numbers) {
  const uint64_t num_ids = node(ids, ValueType::kI32).cardinality;
  if (numbers.size() != num_ids) {
    fail("gather takes a number for each of " + std::to_string(num_ids) + " ids, got " +
         std::to_string(numbers.size()) + ".");
  }
  return add({gather_record(0, 0, 0, num_ids), ValueType::kF64, {ids}, bytes_of(numbers), 0, {}});
}

void PlanDraft::store(Value in, std::string_view name) {
  (void)node(in, ValueType::kF64);
  if (name.empty()) fail("A feature has an empty name. Rename it.");
  stored_.push_back({in, {}, {FeatureInfo{std::string(name)}}, false});
}

void PlanDraft::store_one_hot(Value ids, std::span<const uint32_t> places,
                              std::span<const std::string> names) {
  const uint64_t num_ids = node(ids, ValueType::kI32).cardinality;
  if (places.size() != num_ids || names.empty()) {
    fail("store_one_hot takes a place for each of " + std::to_string(num_ids) +
         " ids and at least one name, got " + std::to_string(places.size()) + " and " +
         std::to_string(names.size()) + ".");
  }
  Stored stored{ids, {places.begin(), places.end()}, {}, true};
  for (const std::string& name : names) {
    if (name.empty()) fail("A feature has an empty name. Rename it.");
    stored.infos.push_back(FeatureInfo{name});
  }
  stored_.push_back(std::move(stored));
}

/// Writes the values that features need, each just before its first use.
class PlanDraft::Emission {
 public:
  Emission(const PlanDraft& draft, PlanBuilder& builder)
      : nodes_(draft.nodes_), builder_(builder), uses_(nodes_.size()), slots_(nodes_.size()) {
    // Inputs come before what is computed of them, so going backwards sees all uses of a value.
    for (const Stored& stored : draft.stored_) ++uses_[stored.value];
    for (size_t value = nodes_.size(); value-- > 0;) {
      if (uses_[value] == 0) continue;
      for (const Value in : nodes_[value].inputs) ++uses_[in];
    }
  }

  Slot slot(Value value) {
    std::vector<Value> open{value};
    while (!open.empty()) {
      const Value next = open.back();
      const size_t before = open.size();
      for (const Value in : nodes_[next].inputs) {
        if (!slots_[in].has_value()) open.push_back(in);
      }
      if (open.size() > before) continue;
      open.pop_back();
      if (!slots_[next].has_value()) emit(next);
    }
    return *slots_[value];
  }

  void used(Value value) {
    if (--uses_[value] == 0) builder_.release(*slots_[value]);
  }

 private:
  void emit(Value value) {
    const Node& node = nodes_[value];
    if (node.inputs.empty()) {
      const uint32_t input = builder_.add_input(
          node.column, static_cast<InputKind>(node.record.integers[1]), TimeUnit::kNone, "",
          node.type == ValueType::kF64   ? ColumnType::kF64
          : node.type == ValueType::kI64 ? ColumnType::kI64
                                         : ColumnType::kUtf8);
      slots_[value] = builder_.load(input);
      return;
    }
    StepRecord record = node.record;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      record.inputs[i] = slots_[node.inputs[i]]->number;
    }
    if (!node.data.empty()) {
      const DataRange range = builder_.add_data(std::span<const uint8_t>(node.data));
      record.data_offset = range.offset;
      record.data_length = range.length;
    }
    slots_[value] = builder_.new_slot(node.type);
    record.outputs[0] = slots_[value]->number;
    builder_.emit(record);
    for (const Value in : node.inputs) used(in);
  }

  const std::vector<Node>& nodes_;
  PlanBuilder& builder_;
  std::vector<uint32_t> uses_;  // still to come
  std::vector<std::optional<Slot>> slots_;
};

std::vector<uint8_t> PlanDraft::finish() const {
  if (stored_.empty()) fail("The plan has no feature, expected at least one.");
  PlanBuilder builder;
  Emission emission(*this, builder);
  for (const Stored& stored : stored_) {
    const Slot slot = emission.slot(stored.value);
    if (stored.one_hot) {
      builder.store_one_hot(slot, stored.places, stored.infos);
    } else {
      builder.store(slot, stored.infos[0]);
    }
    emission.used(stored.value);
  }
  BundleParts parts;
  constexpr std::string_view kMeta = "{}";
  parts.meta.assign(kMeta.begin(), kMeta.end());
  builder.finish(&parts);
  return write_bundle(parts);
}

}  // namespace mainspring
