// From slots that many steps write to words that each hold one value at a time: values are
// numbered, ordered by the features that need them, and given words for as long as they live.
#include "compile_plan.hpp"

#include <algorithm>
#include <string>

#include "gpu_error.hpp"
#include "run_step.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring::gpu {

namespace {

constexpr uint32_t kNever = UINT32_MAX;

/// A device knows some of the bundle's steps, under their codes.
constexpr bool same(DeviceCode device, StepCode step) {
  return static_cast<uint32_t>(device) == static_cast<uint32_t>(step);
}
static_assert(same(DeviceCode::kLoad, StepCode::kLoad));
static_assert(same(DeviceCode::kStore, StepCode::kStore));
static_assert(same(DeviceCode::kAffine, StepCode::kAffine));
static_assert(same(DeviceCode::kLog1p, StepCode::kLog1p));
static_assert(same(DeviceCode::kClip, StepCode::kClip));
static_assert(same(DeviceCode::kFill, StepCode::kFill));
static_assert(same(DeviceCode::kCountEdges, StepCode::kCountEdges));
static_assert(same(DeviceCode::kLookup, StepCode::kLookup));
static_assert(same(DeviceCode::kGather, StepCode::kGather));
static_assert(same(DeviceCode::kDatePart, StepCode::kDatePart));
static_assert(same(DeviceCode::kHash, StepCode::kHash));
static_assert(same(DeviceCode::kCombineHashes, StepCode::kCombineHashes));
static_assert(same(DeviceCode::kHashBucket, StepCode::kHashBucket));
static_assert(same(DeviceCode::kLocalTime, StepCode::kLocalTime));
static_assert(same(DeviceCode::kElapsed, StepCode::kElapsed));
static_assert(same(DeviceCode::kCalendar, StepCode::kCalendar));
static_assert(same(DeviceCode::kIsMissing, StepCode::kIsMissing));
static_assert(same(DeviceCode::kStoreOneHot, StepCode::kStoreOneHot));
static_assert(same(DeviceCode::kPower, StepCode::kPower));
static_assert(same(DeviceCode::kInterpolate, StepCode::kInterpolate));
static_assert(same(DeviceCode::kNormalQuantile, StepCode::kNormalQuantile));
static_assert(same(DeviceCode::kArithmetic, StepCode::kArithmetic));
static_assert(same(DeviceCode::kNullIf, StepCode::kNullIf));

/// What one step writes to its slot: a slot that two steps write holds two values.
struct Value {
  uint32_t step;
  uint32_t last_use = 0;  // number of an item
  uint16_t word = 0;
};

/// A step in the order of the GPU; of a store, the features of one chunk.
struct Item {
  uint32_t step;
  uint32_t first_of_step = 0;  // of many features, the first that is stored here
  uint32_t num_features = 0;
  uint32_t stage_column = 0;
};

WordType word_type(ValueType type) {
  switch (type) {
    case ValueType::kF64: return WordType::kNumber;
    case ValueType::kI64: return WordType::kInteger;
    case ValueType::kI32: return WordType::kId;
    default: return WordType::kText;
  }
}

uint32_t words_of(WordType type) { return type == WordType::kText ? 2 : 1; }

[[noreturn]] void refuse(const PlanView& plan, uint32_t step, const std::string& why) {
  const std::string name = find_step(plan.steps[step].code)->name;
  throw GpuError(MS_GPU_UNSUPPORTED, "Step " + std::to_string(step) + " of the plan, '" + name +
                                         "'" + why +
                                         ", does not run on a GPU. Transform these columns on the "
                                         "CPU: nothing is moved there unasked.");
}

/// The words of one row while steps are put in order.
class FreeWords {
 public:
  /// The first of `count` free words side by side, or kMaxWords: there are none.
  uint32_t take(uint32_t count) {
    for (uint32_t at = 0; at + count <= kMaxWords; ++at) {
      const uint32_t bits = ((1u << count) - 1) << at;
      if ((used_ & bits) != 0) continue;
      used_ |= bits;
      return at;
    }
    return kMaxWords;
  }
  void give_back(uint32_t at, uint32_t count) { used_ &= ~(((1u << count) - 1) << at); }

 private:
  uint32_t used_ = 0;
};

DeviceTable table_at(const uint8_t* host, const uint8_t* device) {
  const auto& header = *reinterpret_cast<const LookupHeader*>(host);
  const Places places(header);
  DeviceTable table{};
  table.entries = device + sizeof(LookupHeader);
  table.factor = places.factor;
  table.mask = places.mask;
  table.shift = places.shift;
  table.is_empty = header.num_entries == 0;
  table.has_short_keys = header.layout == static_cast<uint32_t>(KeyLayout::kShortKeys);
  if (table.has_short_keys) return table;
  const KeyTable found = key_table(host);
  table.cells = reinterpret_cast<const uint32_t*>(
      device + (reinterpret_cast<const uint8_t*>(found.cells) - host));
  table.arena = device + (found.arena - host);
  table.number_mask = found.number_mask;
  return table;
}

class PlanCompiler {
 public:
  PlanCompiler(const PlanView& plan, const uint8_t* device_data)
      : plan_(plan), device_data_(device_data), inputs_(plan.num_steps), output_(plan.num_steps) {}

  CompiledPlan compile() {
    number_values();
    order_steps();
    for (uint32_t i = 0; i < items_.size(); ++i) emit(i);
    return std::move(compiled_);
  }

 private:
  void number_values() {
    std::vector<uint32_t> current(plan_.num_slots, kNever);
    for (uint32_t i = 0; i < plan_.num_steps; ++i) {
      const StepRecord& record = plan_.steps[i];
      check_step(i, record);
      for (uint32_t k = 0; k < record.num_inputs; ++k) {
        inputs_[i].push_back(current[record.inputs[k]]);
      }
      output_[i] = kNever;
      if (record.num_outputs == 0) continue;
      output_[i] = static_cast<uint32_t>(values_.size());
      current[record.outputs[0]] = output_[i];
      values_.push_back({i});
    }
  }

  void check_step(uint32_t step, const StepRecord& record) const {
    switch (static_cast<StepCode>(record.code)) {
      case StepCode::kLoad: {
        const auto kind = static_cast<InputKind>(record.integers[1]);
        const InputRecord& input = plan_.inputs[record.integers[0]];
        const std::string name(plan_.pool + input.name_offset, input.name_length);
        if (is_list(kind)) refuse(plan_, step, " of the lists in '" + name + "'");
        if (record.integers[kKeepsNan] != 0) {
          refuse(plan_, step, " of NaN apart from null (keep_nan) in '" + name + "'");
        }
        return;
      }
      case StepCode::kStore:
      case StepCode::kAffine:
      case StepCode::kLog1p:
      case StepCode::kClip:
      case StepCode::kFill:
      case StepCode::kCountEdges:
      case StepCode::kLookup:
      case StepCode::kGather:
      case StepCode::kDatePart:
      case StepCode::kHash:
      case StepCode::kCombineHashes:
      case StepCode::kHashBucket:
      case StepCode::kLocalTime:
      case StepCode::kIsMissing:
      case StepCode::kStoreOneHot:
      case StepCode::kPower:
      case StepCode::kInterpolate:
      case StepCode::kNormalQuantile:
      case StepCode::kArithmetic:
      case StepCode::kElapsed:
      case StepCode::kCalendar:
      case StepCode::kNullIf: break;
      default: refuse(plan_, step, "");
    }
    for (uint32_t k = 0; k < record.num_inputs; ++k) {
      const ValueType type = plan_.slots[record.inputs[k]];
      if (type == ValueType::kF32) refuse(plan_, step, " of float32");
      if (is_list(type)) refuse(plan_, step, " of lists");
    }
  }

  /// Steps that `step` needs and that no earlier feature has needed, then itself.
  void need(uint32_t step, std::vector<bool>* done) {
    std::vector<uint32_t> wanted{step}, found;
    while (!wanted.empty()) {
      const uint32_t next = wanted.back();
      wanted.pop_back();
      if ((*done)[next]) continue;
      (*done)[next] = true;
      found.push_back(next);
      for (const uint32_t value : inputs_[next]) wanted.push_back(values_[value].step);
    }
    std::sort(found.begin(), found.end());  // the plan's own order is a good one
    for (const uint32_t each : found) {
      if (each != step) add_item({each});
    }
  }

  void add_item(const Item& item) {
    for (const uint32_t value : inputs_[item.step]) {
      values_[value].last_use = static_cast<uint32_t>(items_.size());
    }
    items_.push_back(item);
  }

  void order_steps() {
    std::vector<bool> done(plan_.num_steps, false);
    uint32_t feature = 0;
    for (uint32_t i = 0; i < plan_.num_steps; ++i) {
      const Stores stores = find_step(plan_.steps[i].code)->stores;
      if (stores == Stores::kNone) continue;
      need(i, &done);
      const uint32_t count =
          stores == Stores::kOne ? 1 : static_cast<uint32_t>(plan_.steps[i].integers[1]);
      for (uint32_t first = 0; first < count;) {
        const uint32_t room = kStageFeatures - (feature - chunk_first_);
        if (room == 0) {
          end_chunk(feature);
          continue;
        }
        const uint32_t here = std::min(room, count - first);
        add_item({i, first, here, feature - chunk_first_});
        feature += here;
        first += here;
      }
    }
    if (feature != chunk_first_) end_chunk(feature);
  }

  void end_chunk(uint32_t feature) {
    const auto end = static_cast<uint32_t>(items_.size());
    compiled_.chunks.push_back({chunk_step_, end, chunk_first_, feature - chunk_first_});
    chunk_step_ = end;
    chunk_first_ = feature;
  }

  void emit(uint32_t number) {
    const Item& item = items_[number];
    const StepRecord& record = plan_.steps[item.step];
    DeviceStep step = device_step(record, item);
    const std::vector<uint32_t>& inputs = inputs_[item.step];
    for (uint32_t k = 0; k < inputs.size(); ++k) step.inputs[k] = values_[inputs[k]].word;
    for (uint32_t k = 0; k < inputs.size(); ++k) {
      const Value& value = values_[inputs[k]];
      const bool repeated = k > 0 && inputs[k] == inputs[0];
      if (value.last_use == number && !repeated) {
        words_.give_back(value.word, words_of(word_type(plan_.slots[record.inputs[k]])));
      }
    }
    if (record.num_outputs != 0) {
      const uint32_t count = words_of(word_type(plan_.slots[record.outputs[0]]));
      const uint32_t word = words_.take(count);
      if (word == kMaxWords) {
        throw GpuError(MS_GPU_UNSUPPORTED,
                       "The plan needs more values at one time than the " +
                           std::to_string(kMaxWords) +
                           " that a GPU's thread has room for. Split it into several bundles.");
      }
      values_[output_[item.step]].word = static_cast<uint16_t>(word);
      step.output = static_cast<uint16_t>(word);
    }
    compiled_.steps.push_back(step);
  }

  DeviceStep device_step(const StepRecord& record, const Item& item) const {
    DeviceStep step{};
    step.code = static_cast<DeviceCode>(record.code);
    const uint16_t typed = record.num_inputs != 0 ? record.inputs[0] : record.outputs[0];
    step.type = word_type(plan_.slots[typed]);
    step.numbers[0] = record.numbers[0];
    step.numbers[1] = record.numbers[1];
    step.integers[0] = record.integers[0];
    const uint8_t* host = plan_.data + record.data_offset;
    const uint8_t* device = device_data_ + record.data_offset;
    if (record.data_length != 0) step.data = device;
    switch (step.code) {
      case DeviceCode::kLoad: step.variant = static_cast<uint8_t>(record.integers[2]); break;
      case DeviceCode::kDatePart: step.integers[1] = record.integers[1]; break;
      case DeviceCode::kStore: step.output = static_cast<uint16_t>(item.stage_column); break;
      case DeviceCode::kStoreOneHot:
        step.output = static_cast<uint16_t>(item.stage_column);
        step.integers[0] = item.first_of_step;
        step.integers[1] = item.num_features;
        break;
      case DeviceCode::kFill: step.count = record.data_length; break;
      case DeviceCode::kCountEdges: step.count = record.data_length / sizeof(double); break;
      case DeviceCode::kInterpolate: step.count = record.data_length / (4 * sizeof(double)); break;
      case DeviceCode::kGather:
        step.variant = static_cast<uint8_t>(record.integers[kKeepsNumbers]);
        break;
      case DeviceCode::kHashBucket:
        step.variant = static_cast<uint8_t>(record.integers[0]);
        step.integers[0] = record.integers[kCardinality];
        step.integers[1] = record.integers[1];
        break;
      case DeviceCode::kElapsed:
        step.variant = record.num_inputs == 2 ? kTwoTimes : 0;
        step.integers[0] = record.integers[0] | record.integers[1] << 8;
        step.integers[1] = record.integers[3];
        break;
      case DeviceCode::kCalendar:  // question, unit, week and second unit are all below 256
        step.variant = record.num_inputs == 2 ? kTwoTimes : 0;
        step.integers[0] = record.integers[0] | record.integers[1] << 8 | record.integers[2] << 16 |
                           record.integers[3] << 24;
        step.count = record.data_length / sizeof(int64_t);
        break;
      case DeviceCode::kPower: step.variant = static_cast<uint8_t>(record.integers[0]); break;
      case DeviceCode::kArithmetic: step.variant = static_cast<uint8_t>(record.integers[1]); break;
      case DeviceCode::kLookup:
      case DeviceCode::kNullIf: step.table = table_at(host, device); break;
      default: break;
    }
    return step;
  }

  const PlanView& plan_;
  const uint8_t* device_data_;
  std::vector<Value> values_;
  std::vector<std::vector<uint32_t>> inputs_;  // of each step, values
  std::vector<uint32_t> output_;               // of each step, a value or kNever
  std::vector<Item> items_;
  uint32_t chunk_step_ = 0;
  uint32_t chunk_first_ = 0;
  FreeWords words_;
  CompiledPlan compiled_;
};

}  // namespace

CompiledPlan compile_plan(const PlanView& plan, const uint8_t* device_data) {
  return PlanCompiler(plan, device_data).compile();
}

}  // namespace mainspring::gpu
