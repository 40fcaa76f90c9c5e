// One walk over the steps, remembering of which single input every slot is made.
#include "host/coded_plan.hpp"

#include <algorithm>

namespace mainspring {
namespace {

constexpr uint32_t kNobody = UINT32_MAX;

bool is_step(const StepRecord& record, StepCode code) {
  return record.code == static_cast<uint32_t>(code);
}

class Split {
 public:
  Split(const PlanView& plan, const std::vector<bool>& coded)
      : plan_(plan), coded_(coded), owners_(plan.num_slots, kNobody), writers_(plan.num_slots, 0) {
    for (uint32_t input = 0; input < plan.num_inputs; ++input) {
      result.inputs.push_back({input, {}, {}, {}});
    }
    result.row_slots.assign(plan.slots, plan.slots + plan.num_slots);
  }

  /// kNobody, or the input that must stay with the rows.
  uint32_t run() {
    for (uint32_t i = 0; i < plan_.num_steps; ++i) {
      const StepRecord& record = plan_.steps[i];
      const uint32_t owner = owner_of(record);
      if (owner != kNobody) {
        give_to_entries(record, owner);
      } else if (const uint32_t bad = give_to_rows(record); bad != kNobody) {
        return bad;
      }
      for (uint32_t out = 0; out < record.num_outputs; ++out) {
        owners_[record.outputs[out]] = owner;
        if (owner != kNobody) {
          writers_[record.outputs[out]] = result.inputs[owner].steps.size() - 1;
        }
      }
    }
    return kNobody;
  }

  CodedPlan result;

 private:
  /// The input that alone decides what the step does.
  uint32_t owner_of(const StepRecord& record) const {
    if (is_step(record, StepCode::kLoad)) {
      const auto input = static_cast<uint32_t>(record.integers[0]);
      return coded_[input] ? input : kNobody;
    }
    if (record.num_inputs == 0) return kNobody;
    if (record.num_outputs == 0 && !is_step(record, StepCode::kStore)) return kNobody;
    const uint32_t owner = owners_[record.inputs[0]];
    for (uint32_t i = 1; i < record.num_inputs; ++i) {
      if (owners_[record.inputs[i]] != owner) return kNobody;
    }
    return owner;
  }

  void give_to_entries(const StepRecord& record, uint32_t owner) {
    CodedInput& to = result.inputs[owner];
    to.steps.push_back(record);
    if (is_step(record, StepCode::kLoad)) to.steps.back().integers[0] = 0;
    if (is_step(record, StepCode::kStore)) {
      to.features.push_back(static_cast<uint32_t>(record.integers[0]));
    }
  }

  uint32_t give_to_rows(StepRecord record) {
    for (uint32_t i = 0; i < record.num_inputs; ++i) {
      const uint32_t owner = owners_[record.inputs[i]];
      if (owner == kNobody) continue;
      const ValueType type = plan_.slots[record.inputs[i]];
      const bool is_number = !is_list(type) && type != ValueType::kBytes;
      if (!is_number || result.row_slots.size() >= kMaxPlanSlots) return owner;
      record.inputs[i] = keep(record.inputs[i], owner, type);
    }
    result.row_steps.push_back(record);
    return kNobody;
  }

  uint16_t keep(uint16_t slot, uint32_t owner, ValueType type) {
    std::vector<KeptSlot>& kept = result.inputs[owner].kept;
    const size_t writer = writers_[slot];
    const auto found = std::find_if(kept.begin(), kept.end(), [&](const KeptSlot& other) {
      return other.slot == slot && other.step == writer;
    });
    if (found != kept.end()) return found->row_slot;
    const auto row_slot = static_cast<uint16_t>(result.row_slots.size());
    result.row_slots.push_back(type);
    kept.push_back({writer, slot, row_slot});
    return row_slot;
  }

  const PlanView& plan_;
  const std::vector<bool>& coded_;
  std::vector<uint32_t> owners_;  // of each slot: the input it is made of
  std::vector<size_t> writers_;   // of each slot with an owner: the owner's step
};

}  // namespace

CodedPlan code_plan(const PlanView& plan, std::vector<bool> coded) {
  for (;;) {
    Split split(plan, coded);
    const uint32_t bad = split.run();
    if (bad != kNobody) {
      coded[bad] = false;
      continue;
    }
    std::erase_if(split.result.inputs, [](const CodedInput& input) {
      return input.features.empty() && input.kept.empty();
    });
    return std::move(split.result);
  }
}

}  // namespace mainspring
