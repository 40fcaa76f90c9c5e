// A plan in two parts: steps over single columns that are dictionaries, to be run over their
// entries, and the rest.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/steps/step.hpp"

namespace mainspring {

/// A slot that rows need as `step` leaves it.
struct KeptSlot {
  size_t step;        // in CodedInput::steps
  uint16_t slot;      // of the plan
  uint16_t row_slot;  // where the steps over rows look for it
};

/// What runs over the entries of one input, in the slots of the plan. Loads ask for column 0.
struct CodedInput {
  uint32_t input;
  std::vector<StepRecord> steps;
  std::vector<uint32_t> features;  // that the steps store
  std::vector<KeptSlot> kept;
};

struct CodedPlan {
  std::vector<CodedInput> inputs;
  std::vector<StepRecord> row_steps;
  std::vector<ValueType> row_slots;  // the plan's, and one for each kept slot
};

/// Takes out of a verified plan of float32 features what depends on one of the `coded` inputs (one
/// flag for each) alone. An input whose strings or lists meet another column, or a step that stores
/// many features, stays with the rows as a whole.
CodedPlan code_plan(const PlanView& plan, std::vector<bool> coded);

}  // namespace mainspring
