// What every step's verify() asks first: the right number of slots of the right types, and nothing
// in the fields that the step does not use.
#pragma once
#include <cstdint>

#include "runtime/steps/records.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring {

/// The fields that a kind of step uses. verify_plan() has seen to the slots' range already.
struct RecordShape {
  uint16_t num_inputs;
  uint16_t num_outputs;
  uint32_t num_numbers = 0;   // used from the front
  uint32_t integer_mask = 0;  // bit i: integers[i] is used
  bool data = false;
  bool in_place = false;  // an output may be an input
};

inline bool has_shape(const StepRecord& record, const RecordShape& shape) {
  if (record.num_inputs != shape.num_inputs || record.num_outputs != shape.num_outputs) {
    return false;
  }
  if (record.flags != 0) return false;
  for (uint32_t i = shape.num_numbers; i < kStepNumbers; ++i) {
    if (__builtin_bit_cast(uint64_t, record.numbers[i]) != 0) return false;
  }
  for (uint32_t i = 0; i < kStepIntegers; ++i) {
    if (((shape.integer_mask >> i) & 1) == 0 && record.integers[i] != 0) return false;
  }
  if (!shape.data && (record.data_offset != 0 || record.data_length != 0)) return false;
  for (uint32_t out = 0; out < record.num_outputs; ++out) {
    for (uint32_t in = 0; in < record.num_inputs && !shape.in_place; ++in) {
      if (record.outputs[out] == record.inputs[in]) return false;
    }
  }
  return true;
}

inline ValueType input_type(const StepRecord& record, const PlanView& plan, uint32_t i = 0) {
  return plan.slots[record.inputs[i]];
}
inline ValueType output_type(const StepRecord& record, const PlanView& plan, uint32_t i = 0) {
  return plan.slots[record.outputs[i]];
}

/// Whether features from `first` on, at least one, are all among the plan's.
inline bool has_features(const PlanView& plan, uint64_t first, uint64_t num_features) {
  return num_features != 0 && first < plan.num_features &&
         num_features <= plan.num_features - first;
}

inline bool is_finite(double value) { return value - value == 0; }

/// What a step's own verify() says of a bad record; verify_plan() puts the step's number into it.
inline constexpr Status kBadRecord{Code::kCorrupt, 0};

constexpr Status ok_if(bool good) { return good ? kOkStatus : kBadRecord; }

inline void copy_validity(const Tile& in, const Tile& out) {
  if (in.validity == out.validity) return;
  for (uint32_t word = 0; word < kValidityWords; ++word) out.validity[word] = in.validity[word];
}
inline void set_all_valid(const Tile& out) {
  for (uint32_t word = 0; word < kValidityWords; ++word) {
    out.validity[word] = all_valid_word(out.num_rows, word);
  }
}

}  // namespace mainspring
