// What a fill puts into its missing rows, for the state behind it: one row stands for all of them.
#include "fit/plan/filled_rows.hpp"

#include <algorithm>
#include <utility>

#include "fit/plan/fold_gather.hpp"
#include "fit/plan/lesson_plan.hpp"

namespace mainspring {

namespace {

/// A tile of one row without a value.
void make_missing(const Tile& tile) {
  tile.validity[0] = 0;
  switch (tile.type) {
    case ValueType::kF64: values_of<double>(tile)[0] = __builtin_nan(""); return;
    case ValueType::kF32: values_of<float>(tile)[0] = __builtin_nanf(""); return;
    case ValueType::kI32: values_of<int32_t>(tile)[0] = 0; return;
    case ValueType::kI64: values_of<int64_t>(tile)[0] = 0; return;
    case ValueType::kBytes:
      values_of<BytesView>(tile)[0] = {reinterpret_cast<const uint8_t*>(""), 0};
      return;
    case ValueType::kF64List:
    case ValueType::kI64List:
    case ValueType::kBytesList: values_of<ListView>(tile)[0] = {0, 0}; return;
  }
}

}  // namespace

void add_filled_rows(BoundChain& bound, const Round& round, const ZoneTables& zones) {
  const auto& fills = bound.states[round.operator_index];
  const bool none_missing = std::all_of(
      fills.begin(), fills.end(), [](const auto& state) { return state->num_missing() == 0; });
  if (none_missing) return;
  // The fill and what is behind it, over one row that is missing where it reaches the fill: what
  // comes before may have filled rows of its own, and these are others.
  PlanBuilder before(zones);
  std::vector<Feature> streams = compile_operators(bound, 0, round.operator_index,
                                                   load_streams(bound, {}, before), {}, before);
  PlanBuilder builder(zones);
  std::vector<Slot> missing;
  for (Feature& stream : streams) {
    stream.slot = builder.new_slot(stream.slot.type);
    missing.push_back(stream.slot);
  }
  streams = compile_operators(bound, round.operator_index, *round.behind_fill, std::move(streams),
                              {}, builder);
  const PlanView view = builder.view();
  Scratch scratch;
  StepContext context = context_of(view, &scratch);
  context.num_rows = 1;
  for (const Slot slot : missing) {
    make_missing(slot_tile(context.scratch, slot.number, slot.type, 1));
  }
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
