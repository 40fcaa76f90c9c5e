// The loop that feeds states: the same steps as in serving, over tiles of the table.
#include "fit/plan/learn_round.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "fit/plan/fold_gather.hpp"
#include "fit/transforms/key_index.hpp"
#include "host/bundle_image.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kTilesBetweenInterrupts = 64;

using Scratch = std::vector<uint8_t, SectionAllocator<uint8_t>>;

StepContext context_of(const PlanView& plan, Scratch* scratch) {
  scratch->resize(uint64_t{plan.num_slots} * kSlotBytes);
  StepContext context{};
  context.kernels = &process_kernels();
  context.scratch = scratch->data();
  context.slots = plan.slots;
  context.data = plan.data;
  return context;
}

/// The inputs of a plan over this chain alone: its columns without repetition, in their order.
std::vector<ColumnBinding> plan_inputs(const BoundChain& bound) {
  std::vector<ColumnBinding> inputs;
  for (const ColumnBinding& column : bound.columns) {
    const bool seen = std::any_of(inputs.begin(), inputs.end(), [&](const ColumnBinding& other) {
      return other.name == column.name && other.kind == column.kind;
    });
    if (!seen) inputs.push_back(column);
  }
  return inputs;
}

std::vector<std::shared_ptr<LearntState>> new_states(const Operator& op, size_t count) {
  std::vector<std::shared_ptr<LearntState>> states;
  for (size_t i = 0; i < count; ++i) states.push_back(op.new_state());
  return states;
}

/// The streams that a round learns from, in a plan that only computes them.
struct LessonPlan {
  PlanBuilder builder;
  std::vector<Feature> first;        // what reaches round.operator_index
  std::vector<Feature> behind_fill;  // what reaches round.behind_fill, missing rows left missing
};

LessonPlan plan_lesson(const Lesson& lesson, const ZoneTables& zones) {
  LessonPlan plan;
  const BoundChain& bound = *lesson.bound;
  plan.first =
      compile_operators(bound, 0, lesson.round.operator_index,
                        load_streams(bound, zones, plan.builder), false, false, plan.builder);
  if (lesson.round.behind_fill.has_value()) {
    plan.behind_fill =
        compile_operators(bound, lesson.round.operator_index + 1, *lesson.round.behind_fill,
                          plan.first, false, false, plan.builder);
  }
  return plan;
}

/// One state for each stream; behind the streams flow the keys.
void update_states(const std::vector<Feature>& streams,
                   const std::vector<std::shared_ptr<LearntState>>& states, bool takes_keys,
                   FitTile tile, const StepContext& context) {
  const auto tile_of = [&](const Feature& feature) {
    return slot_tile(context.scratch, feature.slot.number, feature.slot.type, context.num_rows);
  };
  std::vector<Tile> inputs(1);
  for (size_t i = states.size(); takes_keys && i < streams.size(); ++i) {
    inputs.push_back(tile_of(streams[i]));
  }
  for (size_t i = 0; i < states.size(); ++i) {
    inputs[0] = tile_of(streams[i]);
    tile.inputs = inputs;
    states[i]->update(tile);
  }
}

/// Lessons that read the same stream: of the first operators of expressions over one column, those
/// that count keys; else one by itself.
using Group = std::vector<const Lesson*>;

bool counts_keys_of_a_column(const Lesson& lesson) {
  const Operator& op = *lesson.bound->chain.operators[lesson.round.operator_index];
  return lesson.round.operator_index == 0 && op.transform().counts_keys &&
         lesson.bound->columns.size() == 1;
}

std::vector<Group> groups_of(std::span<const Lesson> lessons) {
  std::vector<Group> groups;
  for (const Lesson& lesson : lessons) {
    const auto same_column = [&](const Group& group) {
      const ColumnBinding& mine = lesson.bound->columns[0];
      const ColumnBinding& other = group[0]->bound->columns[0];
      return counts_keys_of_a_column(*group[0]) && mine.name == other.name &&
             mine.kind == other.kind;
    };
    const auto group = counts_keys_of_a_column(lesson)
                           ? std::find_if(groups.begin(), groups.end(), same_column)
                           : groups.end();
    if (group == groups.end()) {
      groups.push_back({&lesson});
    } else {
      group->push_back(&lesson);
    }
  }
  return groups;
}

void learn(const Group& group, const ZoneTables& zones, const FitSource& source,
           const std::function<void()>& after_some_tiles) {
  const Lesson& lesson = *group[0];
  const LessonPlan plan = plan_lesson(lesson, zones);
  for (const Lesson* each : group) {
    const size_t index = each->round.operator_index;
    each->bound->states[index] = new_states(*each->bound->chain.operators[index],
                                            plan.first.size() - each->bound->chain.keys_at(index));
  }
  std::vector<std::shared_ptr<LearntState>> behind_fill;
  if (lesson.round.behind_fill.has_value()) {
    const size_t index = *lesson.round.behind_fill;
    behind_fill = new_states(*lesson.bound->chain.operators[index],
                             plan.behind_fill.size() - lesson.bound->chain.keys_at(index));
    lesson.bound->states[*lesson.round.behind_fill] = behind_fill;
  }
  const PlanView view = plan.builder.view();
  Scratch scratch;
  StepContext context = context_of(view, &scratch);
  const std::vector<ColumnBinding> inputs = plan_inputs(*lesson.bound);
  const auto keys = std::make_shared<KeyIndex>();
  uint32_t numbers[kTileRows];
  uint32_t tiles = 0;
  for (uint32_t batch = 0; batch < source.table.num_batches(); ++batch) {
    const std::vector<ColumnView> columns = bound_columns(inputs, source.table, batch);
    context.columns = columns.data();
    const uint64_t batch_rows = source.table.batch_rows(batch);
    const uint64_t batch_first = source.table.batch_first_row(batch);
    for (uint64_t row = 0; row < batch_rows; row += kTileRows) {
      if (++tiles % kTilesBetweenInterrupts == 0) after_some_tiles();
      context.first_row = row;
      context.num_rows = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, batch_rows - row));
      const uint64_t global_row = source.first_row + batch_first + row;
      run_fit_plan(view, context, global_row);
      FitTile tile{};
      tile.target = source.target == nullptr ? nullptr : source.target + batch_first + row;
      tile.first_row = global_row;
      tile.num_rows = context.num_rows;
      tile.cross_fit = source.cross_fit;
      if (group.size() > 1) {
        const Slot slot = plan.first[0].slot;
        keys->number_rows(slot_tile(context.scratch, slot.number, slot.type, context.num_rows),
                          numbers);
        tile.keys = &keys;
        tile.numbers = numbers;
      }
      for (const Lesson* each : group) {
        const size_t index = each->round.operator_index;
        update_states(plan.first, each->bound->states[index], each->bound->chain.takes_keys(index),
                      tile, context);
      }
      update_states(plan.behind_fill, behind_fill, false, tile, context);
    }
  }
}

/// One row without a value: feeds every kind.
ColumnView missing_row() {
  ColumnView view{};
  view.type = ColumnType::kNull;
  view.length = 1;
  view.time_zone = "";
  return view;
}

}  // namespace

void learn_round(std::span<const Lesson> lessons, const ZoneTables& zones,
                 const FitSource& source) {
  const std::vector<Group> groups = groups_of(lessons);
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> stopped{false};
  parallel_for(groups.size(), [&](uint64_t item, uint32_t) {
    try {
      learn(groups[item], zones, source, [&] {
        // Another lesson has failed: its error is the one that counts.
        if (stopped.load(std::memory_order_relaxed)) {
          throw Error(ErrorKind::kData, "The fit was stopped.");
        }
        if (source.interrupt && std::this_thread::get_id() == caller) source.interrupt();
      });
    } catch (...) {
      stopped.store(true, std::memory_order_relaxed);
      throw;
    }
  });
}

void add_filled_rows(BoundChain& bound, const Round& round, const ZoneTables& zones) {
  const auto& fills = bound.states[round.operator_index];
  const bool none_missing = std::all_of(
      fills.begin(), fills.end(), [](const auto& state) { return state->num_missing() == 0; });
  if (none_missing) return;
  // The chain over one row without values shows what becomes of the rows that were filled.
  PlanBuilder builder;
  const std::vector<Feature> streams = compile_operators(
      bound, 0, *round.behind_fill, load_streams(bound, zones, builder), false, false, builder);
  const PlanView view = builder.view();
  Scratch scratch;
  StepContext context = context_of(view, &scratch);
  const std::vector<ColumnView> columns(plan_inputs(bound).size(), missing_row());
  context.columns = columns.data();
  context.num_rows = 1;
  run_fit_plan(view, context, 0);
  auto& states = bound.states[*round.behind_fill];
  for (size_t i = 0; i < states.size(); ++i) {
    const Slot slot = streams[i].slot;
    const Tile input = slot_tile(context.scratch, slot.number, slot.type, 1);
    FitTile tile{};
    tile.inputs = std::span(&input, 1);
    tile.num_rows = 1;
    const uint64_t num_filled = fills[i]->num_missing();
    if (num_filled > 0) states[i]->update_repeated(tile, num_filled);
  }
}

}  // namespace mainspring
