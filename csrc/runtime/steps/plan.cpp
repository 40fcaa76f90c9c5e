// A plan as a whole: proven once, then run step by step over one tile.
#include "runtime/arrow/decode_tile.hpp"
#include "runtime/steps/records.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/steps/text_room.hpp"

namespace mainspring {
namespace {

bool in_pool(const PlanView& plan, uint32_t offset, uint32_t length) {
  return offset <= plan.pool_length && length <= plan.pool_length - offset;
}

bool is_zero(const uint8_t* bytes, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

bool input_is_sound(const PlanView& plan, const InputRecord& input) {
  if (input.name_length == 0 || !in_pool(plan, input.name_offset, input.name_length)) return false;
  if (!in_pool(plan, input.zone_offset, input.zone_length)) return false;
  const bool is_time = input.kind == static_cast<uint8_t>(InputKind::kTimestamp);
  if (input.kind < static_cast<uint8_t>(InputKind::kFloat) ||
      input.kind > static_cast<uint8_t>(InputKind::kBytesList)) {
    return false;
  }
  if (is_time ? input.unit < static_cast<uint8_t>(TimeUnit::kSecond) ||
                    input.unit > static_cast<uint8_t>(TimeUnit::kDay)
              : input.unit != 0 || input.zone_length != 0) {
    return false;
  }
  return input.fitted_type >= static_cast<uint8_t>(ColumnType::kBool) &&
         input.fitted_type <= static_cast<uint8_t>(kLastFittedType) &&
         is_zero(input.reserved, sizeof(input.reserved));
}

bool output_is_sound(const PlanView& plan, const OutputRecord& output) {
  return output.name_length != 0 && in_pool(plan, output.name_offset, output.name_length) &&
         (output.kind == static_cast<uint8_t>(FeatureKind::kNumber) ||
          output.kind == static_cast<uint8_t>(FeatureKind::kId)) &&
         output.categorical <= 1 && output.num_features != 1 &&
         is_zero(output.reserved, sizeof(output.reserved)) &&
         is_zero(output.reserved2, sizeof(output.reserved2));
}

/// What is known of the slots after the steps so far.
struct SlotState {
  uint64_t written[kMaxPlanSlots / 64] = {};
  uint32_t cardinality[kMaxPlanSlots] = {};  // of i32 slots: ids lie in [0, cardinality)

  bool is_written(uint32_t slot) const { return (written[slot >> 6] >> (slot & 63)) & 1; }
  void write(uint32_t slot) { written[slot >> 6] |= uint64_t{1} << (slot & 63); }
};

/// Everything that verify() of the step may rely on.
bool frame_is_sound(const PlanView& plan, const StepRecord& record, const SlotState& state) {
  if (record.num_inputs > kMaxStepInputs || record.num_outputs > kMaxStepOutputs ||
      record.reserved != 0 || record.reserved2[0] != 0 || record.reserved2[1] != 0) {
    return false;
  }
  for (uint32_t i = 0; i < kMaxStepInputs; ++i) {
    const uint16_t slot = record.inputs[i];
    if (i >= record.num_inputs ? slot != 0 : slot >= plan.num_slots || !state.is_written(slot)) {
      return false;
    }
  }
  for (uint32_t i = 0; i < kMaxStepOutputs; ++i) {
    const uint16_t slot = record.outputs[i];
    if (i >= record.num_outputs ? slot != 0 : slot >= plan.num_slots) return false;
    for (uint32_t before = 0; before < i && i < record.num_outputs; ++before) {
      if (record.outputs[before] == slot) return false;
    }
  }
  return record.data_offset % 64 == 0 && record.data_offset <= plan.data_length &&
         record.data_length <= plan.data_length - record.data_offset;
}

/// The ids that the step reads are ids that it can take: a gather has as many values, a feature
/// says as many ids. A step that takes any integer states 0. `output` is the next one to store.
bool ids_fit(const PlanView& plan, const StepRecord& record, const SlotState& state,
             const OutputRecord* output) {
  for (uint32_t i = 0; i < record.num_inputs; ++i) {
    const uint16_t slot = record.inputs[i];
    if (plan.slots[slot] != ValueType::kI32) continue;
    if (record.code == static_cast<uint32_t>(StepCode::kStore)) {
      if (output->cardinality != 0 && state.cardinality[slot] > output->cardinality) return false;
    } else if (record.integers[kCardinality] != 0 &&
               state.cardinality[slot] > record.integers[kCardinality]) {
      return false;
    }
  }
  return true;
}

/// The step stores the features or the list that come next, and no record of an output holds others
/// too, nor states fewer ids than the step knows.
bool takes_outputs(const PlanView& plan, const StepRecord& record, uint64_t* num_stored,
                   uint32_t* next_output, uint64_t* num_jagged) {
  const Stores stores = find_step(record.code)->stores;
  if (stores == Stores::kNone) return true;
  if (stores == Stores::kJagged) return record.integers[0] == (*num_jagged)++;
  if (record.integers[0] != *num_stored || *next_output == plan.num_output_records) return false;
  if (stores == Stores::kOne) {
    *num_stored += 1;
    return plan.outputs[(*next_output)++].num_features == 0;
  }
  const uint64_t end = *num_stored + record.integers[1];
  const bool stores_ids = record.code == static_cast<uint32_t>(StepCode::kStoreWordIds);
  const uint64_t num_ids = stores_ids ? record.integers[kCardinality] : 0;
  while (*num_stored < end && *next_output < plan.num_output_records) {
    const OutputRecord& output = plan.outputs[(*next_output)++];
    if (output.cardinality != 0 && num_ids > output.cardinality) return false;
    *num_stored += num_features_of(output);
  }
  return *num_stored == end;
}

/// Steps one after the other; *at is the step that a failure speaks of.
bool steps_are_sound(const PlanView& plan, uint64_t* at) {
  SlotState state;
  uint64_t num_stored = 0;
  uint64_t num_jagged = 0;
  uint32_t next_output = 0;
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    *at = i;
    const StepRecord& record = plan.steps[i];
    const Step* step = find_step(record.code);
    if (step == nullptr || !frame_is_sound(plan, record, state) ||
        !step->verify(record, plan).ok()) {
      return false;
    }
    const uint32_t output = next_output;
    if (!takes_outputs(plan, record, &num_stored, &next_output, &num_jagged)) return false;
    if (!ids_fit(plan, record, state, plan.outputs + output)) return false;
    for (uint32_t out = 0; out < record.num_outputs; ++out) {
      const uint16_t slot = record.outputs[out];
      state.write(slot);
      if (plan.slots[slot] != ValueType::kI32) continue;
      const uint64_t cardinality = record.integers[kCardinality];
      if (cardinality == 0 || cardinality > uint64_t{1} << 31) return false;
      state.cardinality[slot] = static_cast<uint32_t>(cardinality);
    }
  }
  *at = plan.num_steps;
  return num_stored == plan.num_features && next_output == plan.num_output_records;
}

}  // namespace

Status verify_plan(const PlanView& plan) noexcept {
  if (plan.num_inputs > kMaxPlanInputs || plan.num_slots > kMaxPlanSlots ||
      plan.num_steps > kMaxPlanSteps || plan.num_output_records > kMaxPlanOutputs ||
      plan.num_features > kMaxPlanFeatures) {
    return {Code::kCorrupt, 0};
  }
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    if (!input_is_sound(plan, plan.inputs[i])) return {Code::kCorrupt, i};
  }
  for (uint32_t i = 0; i < plan.num_output_records; ++i) {
    if (!output_is_sound(plan, plan.outputs[i])) return {Code::kCorrupt, i};
  }
  for (uint32_t i = 0; i < plan.num_slots; ++i) {
    if (plan.slots[i] < ValueType::kF32 || plan.slots[i] > ValueType::kBytesList) {
      return {Code::kCorrupt, i};
    }
  }
  uint64_t at = 0;
  if (!steps_are_sound(plan, &at)) return {Code::kCorrupt, at};
  return kOkStatus;
}

bool builds_texts(const PlanView& plan) noexcept {
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    if (find_step(plan.steps[i].code)->builds_texts) return true;
  }
  return false;
}

void run_plan(const PlanView& plan, const StepContext& context) noexcept {
  if (context.texts != nullptr) start_texts(context.texts);
  uint32_t count = 0;
  const Step* const* const steps = step_list(&count);
  const StepRecord* const end = plan.steps + plan.num_steps;
  for (const StepRecord* record = plan.steps; record != end; ++record) {
    steps[record->code - 1]->run(*record, context);
  }
}

}  // namespace mainspring
