// Operators before a round's own are compiled with what earlier rounds have learnt.
#include "fit/plan/lesson_plan.hpp"

#include <algorithm>
#include <utility>

#include "fit/plan/fold_gather.hpp"
#include "host/bundle_image.hpp"
#include "host/scratch.hpp"

namespace mainspring {

namespace {

LessonPlan plan_to_fill(const Lesson& lesson, const ZoneTables& zones) {
  LessonPlan plan{PlanBuilder(zones), {}, {}};
  const BoundChain& bound = *lesson.bound;
  plan.first = compile_operators(bound, 0, lesson.round.operator_index,
                                 load_streams(bound, {}, plan.builder), {}, plan.builder);
  return plan;
}

/// From `first` to what is behind the fill.
void plan_behind_fill(const Lesson& lesson, LessonPlan* plan) {
  plan->behind_fill = compile_operators(*lesson.bound, lesson.round.operator_index + 1,
                                        *lesson.round.behind_fill, plan->first, {}, plan->builder);
}

}  // namespace

StepContext context_of(const PlanView& plan, Scratch* scratch) {
  scratch->resize(uint64_t{plan.num_slots} * kSlotBytes);
  StepContext context{};
  context.kernels = &process_kernels();
  context.scratch = scratch->data();
  context.slots = plan.slots;
  context.data = plan.data;
  context.texts = thread_texts();
  return context;
}

LessonPlan plan_lesson(const Lesson& lesson, const ZoneTables& zones) {
  LessonPlan plan = plan_to_fill(lesson, zones);
  if (lesson.round.behind_fill.has_value()) plan_behind_fill(lesson, &plan);
  return plan;
}

HalvedPlan::HalvedPlan(const Lesson& lesson, const ZoneTables& zones)
    : to_fill(plan_to_fill(lesson, zones)), from_fill{PlanBuilder(zones), to_fill.first, {}} {
  Slot& numbers = from_fill.first[0].slot;
  numbers = from_fill.builder.new_slot(numbers.type);
  plan_behind_fill(lesson, &from_fill);
}

std::vector<double> HalvedPlan::behind_fill(std::span<const double> numbers) {
  const PlanView view = from_fill.builder.view();
  Scratch scratch;
  StepContext context = context_of(view, &scratch);
  std::vector<double> behind;
  behind.reserve(numbers.size());
  while (behind.size() < numbers.size()) {
    const size_t left = numbers.size() - behind.size();
    context.num_rows = static_cast<uint32_t>(std::min<size_t>(left, kTileRows));
    const auto tile_of = [&](const Feature& feature) {
      return slot_tile(context.scratch, feature.slot.number, feature.slot.type, context.num_rows);
    };
    const Tile in = tile_of(from_fill.first[0]);
    std::copy_n(numbers.data() + behind.size(), context.num_rows, values_of<double>(in));
    for (uint32_t word = 0; word < kValidityWords; ++word) {
      in.validity[word] = all_valid_word(context.num_rows, word);
    }
    run_fit_plan(view, context, 0);
    const auto* values = values_of<double>(tile_of(from_fill.behind_fill[0]));
    behind.insert(behind.end(), values, values + context.num_rows);
  }
  return behind;
}

}  // namespace mainspring
