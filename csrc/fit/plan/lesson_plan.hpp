// Plans that compute what a lesson learns from, and what they run in.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "fit/plan/compile_plan.hpp"
#include "fit/plan/learn_round.hpp"

namespace mainspring {

/// The memory of a plan's slots.
using Scratch = std::vector<uint8_t, SectionAllocator<uint8_t>>;

/// To run the plan in, with the instruction set of the process.
StepContext context_of(const PlanView& plan, Scratch* scratch);

/// The streams that a round learns from, in a plan that only computes them.
struct LessonPlan {
  PlanBuilder builder;
  std::vector<Feature> first;        // what reaches round.operator_index
  std::vector<Feature> behind_fill;  // what reaches round.behind_fill, missing rows left missing
};

LessonPlan plan_lesson(const Lesson& lesson, const ZoneTables& zones);

/// The two halves of a plan of one stream of numbers: to the fill, and from there to what is behind
/// it, for numbers that are given.
struct HalvedPlan {
  LessonPlan to_fill;  // `first` alone
  LessonPlan from_fill;

  HalvedPlan(const Lesson& lesson, const ZoneTables& zones);
  /// What the given numbers are behind the fill; NaN where missing.
  std::vector<double> behind_fill(std::span<const double> numbers);
};

}  // namespace mainspring
