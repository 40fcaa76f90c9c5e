// Reads a verified plan back for people.
#include "bind/describe_plan.hpp"

#include <string>

#include "host/match_columns.hpp"
#include "host/plan_features.hpp"
#include "host/ranked_features.hpp"
#include "runtime/steps/records.hpp"

namespace py = pybind11;

namespace mainspring::bind {
namespace {

const char* type_name(ValueType type) {
  switch (type) {
    case ValueType::kF32: return "float32";
    case ValueType::kF64: return "float64";
    case ValueType::kI32: return "int32";
    case ValueType::kI64: return "int64";
    case ValueType::kBytes: return "bytes";
    case ValueType::kF64List: return "list<float64>";
    case ValueType::kI64List: return "list<int64>";
    case ValueType::kBytesList: return "list<bytes>";
  }
  return "";
}

const char* kind_name(uint8_t kind) {
  switch (static_cast<InputKind>(kind)) {
    case InputKind::kFloat: return "float";
    case InputKind::kInteger: return "integer";
    case InputKind::kBytes: return "bytes";
    case InputKind::kTimestamp: return "timestamp";
    case InputKind::kFloatList: return "list<float>";
    case InputKind::kIntegerList: return "list<integer>";
    case InputKind::kBytesList: return "list<bytes>";
  }
  return "";
}

const char* unit_name(uint8_t unit) {
  switch (static_cast<TimeUnit>(unit)) {
    case TimeUnit::kNone: return "";
    case TimeUnit::kSecond: return "s";
    case TimeUnit::kMilli: return "ms";
    case TimeUnit::kMicro: return "us";
    case TimeUnit::kNano: return "ns";
    case TimeUnit::kDay: return "day";
  }
  return "";
}

py::list slots_of(const PlanView& plan, const uint16_t* slots, uint16_t count) {
  py::list list;
  for (uint16_t i = 0; i < count; ++i) {
    list.append(py::make_tuple(slots[i], type_name(plan.slots[slots[i]])));
  }
  return list;
}

/// The type that the column had while fitting.
std::string fitted_type(const InputRecord& input, const std::string& time_zone) {
  if (input.fitted_type == static_cast<uint8_t>(ColumnType::kDictionary)) return "dictionary";
  ColumnView view{};
  view.type = static_cast<ColumnType>(input.fitted_type);
  view.unit = static_cast<TimeUnit>(input.unit);
  view.time_zone = time_zone.c_str();
  char name[128];
  describe_type(view, name, sizeof name);
  return is_list(static_cast<InputKind>(input.kind)) ? "list<" + std::string(name) + ">" : name;
}

template <class T, size_t kCount>
py::list list_of(const T (&values)[kCount]) {
  py::list list;
  for (const T value : values) list.append(value);
  return list;
}

}  // namespace

py::list step_names() {
  uint32_t count = 0;
  const Step* const* steps = step_list(&count);
  py::list names;
  for (uint32_t i = 0; i < count; ++i) names.append(steps[i]->name);
  return names;
}

py::list describe_inputs(const PlanView& plan) {
  py::list list;
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    const InputRecord& input = plan.inputs[i];
    py::dict entry;
    entry["name"] = std::string(input_name(plan, i));
    entry["kind"] = kind_name(input.kind);
    entry["unit"] = unit_name(input.unit);
    const std::string time_zone(plan.pool + input.zone_offset, input.zone_length);
    entry["type"] = fitted_type(input, time_zone);
    entry["time_zone"] = time_zone;
    list.append(entry);
  }
  return list;
}

py::list describe_steps(const PlanView& plan) {
  py::list list;
  const OutputRecord* output = plan.outputs;  // the next that a step stores
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    const StepRecord& record = plan.steps[i];
    py::dict entry;
    entry["step"] = find_step(record.code)->name;
    entry["reads"] = slots_of(plan, record.inputs, record.num_inputs);
    entry["writes"] = slots_of(plan, record.outputs, record.num_outputs);
    entry["numbers"] = list_of(record.numbers);
    entry["integers"] = list_of(record.integers);
    entry["data_bytes"] = record.data_length;
    if (record.code == static_cast<uint32_t>(StepCode::kLoad)) {
      entry["column"] = std::string(input_name(plan, static_cast<uint32_t>(record.integers[0])));
    }
    const Stores stores = find_step(record.code)->stores;
    if (stores == Stores::kOne) entry["feature"] = feature_name(plan, *output++, 0);
    if (stores == Stores::kJagged) {
      entry["list"] = std::string(plan.pool + record.integers[1], record.integers[2]);
    }
    if (stores == Stores::kMany) {
      py::list names;
      for (uint64_t left = record.integers[1]; left > 0; left -= num_features_of(*output++)) {
        std::string name = feature_name(plan, *output, 0);
        const uint32_t count = output->num_features;
        if (count != 0) name.append(" to ").append(feature_name(plan, *output, count - 1));
        names.append(name);
      }
      entry["features"] = names;
    }
    list.append(entry);
  }
  return list;
}

std::vector<std::string> feature_names(const PlanView& plan) {
  std::vector<std::string> names;
  for_each_feature(plan, [&](const OutputRecord& output, uint32_t within) {
    names.push_back(feature_name(plan, output, within));
  });
  return names;
}

std::vector<std::string> feature_kinds(const PlanView& plan) {
  std::vector<std::string> kinds;
  for_each_feature(plan, [&](const OutputRecord& output, uint32_t) {
    const auto kind = static_cast<FeatureKind>(output.kind);
    kinds.emplace_back(kind == FeatureKind::kId ? "id" : "number");
  });
  return kinds;
}

std::vector<uint32_t> categorical_indices(const PlanView& plan) {
  std::vector<uint32_t> indices;
  uint32_t feature = 0;
  for_each_feature(plan, [&](const OutputRecord& output, uint32_t) {
    if (output.categorical != 0) indices.push_back(feature);
    ++feature;
  });
  return indices;
}

py::list describe_lists(const PlanView& plan) {
  py::list lists;
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    const StepRecord& step = plan.steps[i];
    if (step.code != static_cast<uint32_t>(StepCode::kStoreJagged)) continue;
    const std::string name(plan.pool + step.integers[1], step.integers[2]);
    lists.append(py::make_tuple(name, step.integers[kCardinality]));
  }
  return lists;
}

py::dict describe_ranked(const BundleImage& bundle) {
  const RankedFeatures ranked = ranked_features(bundle);
  const std::vector<std::string> names = feature_names(bundle.view().plan);
  const auto names_of = [&](const std::vector<uint32_t>& features) {
    py::list list;
    for (const uint32_t feature : features) list.append(names[feature]);
    return list;
  };
  py::dict found;
  found["folded"] = names_of(ranked.folded);
  found["coded"] = names_of(ranked.coded);
  found["folded_from_rows"] = ranked.folded_from_rows;
  found["coded_from_rows"] = ranked.coded_from_rows;
  return found;
}

std::vector<uint32_t> cardinalities(const PlanView& plan) {
  std::vector<uint32_t> found;
  for_each_feature(plan, [&](const OutputRecord& output, uint32_t) {
    if (output.kind == static_cast<uint8_t>(FeatureKind::kId)) {
      found.push_back(output.cardinality);
    }
  });
  return found;
}

}  // namespace mainspring::bind
