// A plan of every step: nothing is written outside the scratch and the output, and instruction set,
// batch size and first row change no bit. verify() of a record refuses every field out of range.
#include <algorithm>
#include <functional>

#include "check.hpp"
#include "host/error.hpp"
#include "host/scratch.hpp"
#include "step_changes.hpp"
#include "step_columns.hpp"

namespace mainspring {
namespace {

constexpr uint8_t kGuard = 0xA5;
constexpr uint64_t kGuardBytes = 256;

/// Memory at a multiple of 64 between two guards.
class Guarded {
 public:
  explicit Guarded(uint64_t length) : length_(length), bytes_(length + 2 * kGuardBytes + 64) {
    at_ = (reinterpret_cast<uintptr_t>(bytes_.data()) + kGuardBytes + 63) / 64 * 64 -
          reinterpret_cast<uintptr_t>(bytes_.data());
    std::memset(bytes_.data(), kGuard, bytes_.size());
  }
  uint8_t* data() { return bytes_.data() + at_; }
  bool intact() const {
    for (uint64_t i = 0; i < bytes_.size(); ++i) {
      if ((i < at_ || i >= at_ + length_) && bytes_[i] != kGuard) return false;
    }
    return true;
  }

 private:
  uint64_t length_;
  uint64_t at_;
  std::vector<uint8_t> bytes_;
};

struct Result {
  std::vector<uint32_t> bits;  // of float32 features
  bool intact;
};

Result transform(const BundleView& view, const Kernels& kernels, const ColumnView* columns,
                 uint64_t first_row, uint64_t num_rows) {
  const uint64_t width = view.plan.num_features;
  Guarded scratch(scratch_bytes(view));
  Guarded out(num_rows * width * sizeof(float));
  check(transform_rows(view, kernels, columns, first_row, num_rows, scratch.data(), thread_texts(),
                       reinterpret_cast<float*>(out.data()), width)
            .ok(),
        "strings have room");
  Result result{std::vector<uint32_t>(num_rows * width), scratch.intact() && out.intact()};
  if (num_rows != 0) std::memcpy(result.bits.data(), out.data(), num_rows * width * 4);
  return result;
}

void results_do_not_depend_on_level_or_batch() {
  const auto image = BundleImage::open(every_step_bundle(), "test");
  const BundleView& view = image->view();
  constexpr uint64_t kRows = 1500;
  const StepColumns columns(kRows);
  const Result all = transform(view, *kernels_for(IsaLevel::kBaseline), columns.views, 0, kRows);
  check(all.intact, "nothing is written outside");
  const uint64_t width = view.plan.num_features;
  for (const IsaLevel level : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
    const Kernels& kernels = *kernels_for(level);
    check(transform(view, kernels, columns.views, 0, kRows).bits == all.bits,
          "every level gives the same bits");
    for (const uint64_t first : {0u, 1u, 63u, 64u, 511u, 700u}) {
      for (const uint64_t count : {0u, 1u, 2u, 31u, 33u, 64u, 65u, 511u, 512u, 513u, 800u}) {
        const Result part = transform(view, kernels, columns.views, first, count);
        check(part.intact, "nothing is written outside");
        check(std::equal(part.bits.begin(), part.bits.end(), all.bits.begin() + first * width),
              "a part of the rows gives the same bits");
      }
    }
  }
}

/// Opens the plan with one record changed; false when it is refused.
bool accepts(const PlanView& plan, uint32_t number, const Change& change) {
  std::vector<StepRecord> steps(plan.steps, plan.steps + plan.num_steps);
  change(&steps[number]);
  PlanView changed = plan;
  changed.steps = steps.data();
  const Status status = verify_plan(changed);
  // A record may also spoil what comes after it, never what came before.
  return status.ok() || status.index < number;
}

void every_field_out_of_range_is_refused() {
  const auto image = BundleImage::open(every_step_bundle(), "test");
  const PlanView& plan = image->view().plan;
  check(verify_plan(plan).ok(), "the plan itself is accepted");
  const std::vector<Change> changes{
      [](StepRecord* r) { r->code = 0; },
      [](StepRecord* r) { r->code = 39; },
      [](StepRecord* r) { r->flags = 1; },
      [](StepRecord* r) { r->num_inputs = 5; },
      [](StepRecord* r) { r->num_outputs = 5; },
      [](StepRecord* r) { ++r->num_inputs; },
      [](StepRecord* r) { ++r->num_outputs; },
      [](StepRecord* r) { r->num_inputs = r->num_inputs == 0 ? 2 : 0; },
      [](StepRecord* r) { r->inputs[0] = 4095; },
      [](StepRecord* r) { r->inputs[3] = 1; },
      [](StepRecord* r) { r->outputs[0] = 4095; },
      [](StepRecord* r) { r->outputs[3] = 1; },
      [](StepRecord* r) { r->reserved = 1; },
      [](StepRecord* r) { r->reserved2[1] = 1; },
      [](StepRecord* r) { r->numbers[0] = std::nan(""); },
      [](StepRecord* r) { r->numbers[3] = -0.0; },
      [](StepRecord* r) { r->integers[2] = uint64_t{777} << 32; },
      [](StepRecord* r) { r->data_offset += 1; },
      [](StepRecord* r) { r->data_offset = uint64_t{1} << 60; },
      [](StepRecord* r) { r->data_length += uint64_t{1} << 40; },
      [](StepRecord* r) { r->data_length = ~uint64_t{0}; },
  };
  for (uint32_t number = 0; number < plan.num_steps; ++number) {
    for (size_t i = 0; i < changes.size(); ++i) {
      if (check(!accepts(plan, number, changes[i]), "a changed field is refused")) continue;
      std::fprintf(stderr, "  step %u (%s), change %zu\n", number,
                   find_step(plan.steps[number].code)->name, i);
    }
  }
}

/// The first step with this code.
uint32_t step_of(const PlanView& plan, StepCode code) {
  uint32_t number = 0;
  while (plan.steps[number].code != static_cast<uint32_t>(code)) ++number;
  return number;
}

void parameters_out_of_range_are_refused() {
  const auto image = BundleImage::open(every_step_bundle(), "test");
  const PlanView& plan = image->view().plan;
  const std::vector<std::pair<StepCode, Change>> cases = changes_out_of_range();
  for (size_t i = 0; i < cases.size(); ++i) {
    if (check(!accepts(plan, step_of(plan, cases[i].first), cases[i].second),
              "a parameter out of range is refused")) {
      continue;
    }
    std::fprintf(stderr, "  case %zu\n", i);
  }
}

void nan_is_kept_among_numbers_alone() {
  const auto image = BundleImage::open(every_step_bundle(), "test");
  const PlanView& plan = image->view().plan;
  const auto change = [](StepRecord* record) { record->integers[kKeepsNan] ^= 1; };
  for (uint32_t number = 0; number < plan.num_steps; ++number) {
    if (plan.steps[number].code != static_cast<uint32_t>(StepCode::kLoad)) continue;
    const bool numbers = plan.slots[plan.steps[number].outputs[0]] == ValueType::kF64;
    check(accepts(plan, number, change) == numbers, "NaN is kept where there are numbers");
  }
}

void slots_must_be_written_and_features_stored_in_order() {
  const auto image = BundleImage::open(every_step_bundle(), "test");
  const PlanView& plan = image->view().plan;
  PlanView shorter = plan;
  shorter.num_steps = plan.num_steps - 1;  // the last store is gone
  check(!verify_plan(shorter).ok(), "a feature that is not stored is refused");
  PlanView headless = plan;
  headless.steps = plan.steps + 1;
  headless.num_steps = plan.num_steps - 1;
  check(!verify_plan(headless).ok(), "a slot that is read before it is written is refused");
  std::vector<ValueType> slots(plan.slots, plan.slots + plan.num_slots);
  PlanView typed = plan;
  typed.slots = slots.data();
  for (ValueType& slot : slots) {
    const ValueType before = slot;
    for (uint8_t type = 0; type < 8; ++type) {
      slot = static_cast<ValueType>(type);
      check(verify_plan(typed).ok() == (slot == before), "another type of a slot is refused");
    }
    slot = before;
  }
}

void features_of_outputs_are_those_that_steps_store() {
  const auto image = BundleImage::open(every_step_bundle(), "test");
  PlanView plan = image->view().plan;
  std::vector<OutputRecord> outputs(plan.outputs, plan.outputs + plan.num_output_records);
  plan.outputs = outputs.data();
  const auto many = std::find_if(outputs.begin(), outputs.end(), [](const OutputRecord& output) {
    return output.num_features == kNumBuckets;
  });
  const auto places = std::find_if(outputs.begin(), outputs.end(), [](const OutputRecord& output) {
    return output.num_features == kNumPlaces;
  });
  check(many != outputs.end() && places != outputs.end(), "two outputs are many features");
  check(plan.num_features == outputs.size() - 2 + kNumBuckets + kNumPlaces, "they count");
  check(verify_plan(plan).ok(), "the plan itself is accepted");
  for (const uint32_t wrong : {0u, 1u, kNumBuckets - 1, kNumBuckets + 1, ~0u}) {
    many->num_features = wrong;
    check(!verify_plan(plan).ok(), "another number of features is refused");
  }
  many->num_features = kNumBuckets;
  for (const uint32_t fewer : {1u, kNumWords + 1}) {
    places->cardinality = fewer;
    check(!verify_plan(plan).ok(), "ids that do not fit the output are refused");
  }
  for (const uint32_t enough : {0u, kNumWords + 2, ~0u}) {
    places->cardinality = enough;
    check(verify_plan(plan).ok(), "an output may state more ids, or none");
  }
  for (OutputRecord& output : outputs) {
    if (output.num_features != 0) continue;
    output.num_features = 1;
    check(!verify_plan(plan).ok(), "one feature has no number");
    output.num_features = 2;
    check(!verify_plan(plan).ok(), "a feature more than steps store is refused");
    output.num_features = 0;
  }
  --plan.num_features;
  check(!verify_plan(plan).ok(), "a feature that no output has is refused");
}

/// Two outputs of two features each, which no step may share.
void an_output_is_stored_whole() {
  PlanBuilder builder;
  const uint32_t input =
      builder.add_input("x", InputKind::kFloat, TimeUnit::kNone, "", ColumnType::kF64);
  const Slot slot = builder.load(input);
  const Slot ids = builder.new_slot(ValueType::kI32);
  const double edge = 0;
  builder.emit(count_edges_record(
      slot.number, ids.number, builder.add_data(payload_of(std::vector<double>{edge})).offset, 1));
  for (const char* name : {"a", "b"}) {
    builder.store_one_hot(ids, std::vector<uint32_t>{0, 1, 2},
                          std::vector<FeatureInfo>{{.name = name, .count = 2}});
  }
  const PlanView plan = builder.view();
  check(verify_plan(plan).ok(), "the plan itself is accepted");
  std::vector<StepRecord> steps(plan.steps, plan.steps + plan.num_steps);
  PlanView changed = plan;
  changed.steps = steps.data();
  steps[plan.num_steps - 2].integers[1] = 3;
  steps[plan.num_steps - 1].integers[0] = 3;
  steps[plan.num_steps - 1].integers[1] = 1;
  check(!verify_plan(changed).ok(), "a step that ends inside an output is refused");
}

void codes_are_places_in_the_list() {
  uint32_t count = 0;
  const Step* const* steps = step_list(&count);
  check(count == 38, "38 steps");
  for (uint32_t i = 0; i < count; ++i) {
    check(static_cast<uint32_t>(steps[i]->code) == i + 1, "codes run from 1 without a gap");
    check(find_step(i + 1) == steps[i], "a step is found by its code");
  }
  check(find_step(0) == nullptr && find_step(count + 1) == nullptr, "other codes are unknown");
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::codes_are_places_in_the_list();
  mainspring::results_do_not_depend_on_level_or_batch();
  mainspring::every_field_out_of_range_is_refused();
  mainspring::parameters_out_of_range_are_refused();
  mainspring::nan_is_kept_among_numbers_alone();
  mainspring::slots_must_be_written_and_features_stored_in_order();
  mainspring::features_of_outputs_are_those_that_steps_store();
  mainspring::an_output_is_stored_whole();
  return mainspring::finish();
}
