// The loop that feeds states: the same steps as in serving, over tiles of the table.
#include "fit/plan/learn_round.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "fit/plan/fold_gather.hpp"
#include "fit/transforms/key_index.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "host/bundle_image.hpp"
#include "host/error.hpp"
#include "host/scratch.hpp"
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
  context.texts = thread_texts();
  return context;
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
  LessonPlan plan{PlanBuilder(zones), {}, {}};
  const BoundChain& bound = *lesson.bound;
  plan.first = compile_operators(bound, 0, lesson.round.operator_index,
                                 load_streams(bound, {}, plan.builder), {}, plan.builder);
  if (lesson.round.behind_fill.has_value()) {
    plan.behind_fill = compile_operators(bound, lesson.round.operator_index + 1,
                                         *lesson.round.behind_fill, plan.first, {}, plan.builder);
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

bool counts_keys_of_a_column(const Lesson& lesson) {
  const Operator& op = *lesson.bound->chain.operators[lesson.round.operator_index];
  return lesson.round.operator_index == 0 && op.transform().counts_keys &&
         lesson.bound->columns.size() == 1 && !is_list(lesson.bound->columns[0].kind);
}

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

/// Lessons that read the same stream: of the first operators of expressions over one column, those
/// that count keys, one in each row; else one by itself.
class LearnRound::Group {
 public:
  explicit Group(const Lesson& lesson) : lessons_{lesson} {}

  bool takes(const Lesson& lesson) const {
    if (!counts_keys_of_a_column(lessons_[0]) || !counts_keys_of_a_column(lesson)) return false;
    const ColumnBinding& mine = lessons_[0].bound->columns[0];
    const ColumnBinding& other = lesson.bound->columns[0];
    return mine.name == other.name && mine.kind == other.kind;
  }
  void add(const Lesson& lesson) { lessons_.push_back(lesson); }
  /// Plans the streams and makes the states.
  void begin(const ZoneTables& zones);
  /// `labels`: source.target where it is small, else empty.
  void learn(const FitSource& source, std::span<const int8_t> labels, FitLimits limits,
             const std::function<void()>& after_some_tiles);
  void hand_out_tallies();

 private:
  void choose_tallied(bool cross_fit);
  void number_rows(const StepContext& context, FitTile* tile);
  void limit_keys(uint64_t max_keys);

  std::vector<Lesson> lessons_;
  LessonPlan plan_;
  std::vector<ColumnBinding> inputs_;
  std::shared_ptr<KeyIndex> keys_ = std::make_shared<KeyIndex>();
  uint32_t numbers_[kTileRows];
  KeyTallies tallies_;
  std::vector<LearntState*> tallied_;  // states that take them, of those lessons:
  std::vector<const Lesson*> tallied_lessons_;
};

void LearnRound::Group::begin(const ZoneTables& zones) {
  const Lesson& lesson = lessons_[0];
  plan_ = plan_lesson(lesson, zones);
  inputs_ = plan_inputs({lesson.bound, 1});
  for (const Lesson& each : lessons_) {
    const size_t index = each.round.operator_index;
    const Chain& chain = each.bound->chain;
    each.bound->states[index] =
        new_states(*chain.operators[index], plan_.first.size() - chain.keys_at(index));
  }
  if (lesson.round.behind_fill.has_value()) {
    const size_t index = *lesson.round.behind_fill;
    const Chain& chain = lesson.bound->chain;
    lesson.bound->states[index] =
        new_states(*chain.operators[index], plan_.behind_fill.size() - chain.keys_at(index));
  }
}

void LearnRound::Group::limit_keys(uint64_t max_keys) {
  KeyCut cut;
  const auto limit = [&](const Lesson& lesson, size_t operator_index) {
    for (const auto& state : lesson.bound->states[operator_index]) {
      state->limit_keys(max_keys, cut);
    }
  };
  for (const Lesson& lesson : lessons_) {
    limit(lesson, lesson.round.operator_index);
    if (lesson.round.behind_fill.has_value()) limit(lesson, *lesson.round.behind_fill);
  }
  if (cut.before == keys_) keys_ = cut.after;
}

/// The lessons whose states take the counts of all of them, in the folds that they share.
void LearnRound::Group::choose_tallied(bool cross_fit) {
  hand_out_tallies();
  tallied_.clear();
  tallied_lessons_.clear();
  if (!counts_keys_of_a_column(lessons_[0])) return;
  TallyFolds shared;
  for (const Lesson& lesson : lessons_) {
    LearntState& state = *lesson.bound->states[lesson.round.operator_index][0];
    const std::optional<TallyFolds> folds = state.tally_folds(cross_fit);
    if (!folds.has_value()) continue;
    if (folds->folds != 1) {
      if (shared.folds != 1 && *folds != shared) continue;
      shared = *folds;
    }
    tallied_.push_back(&state);
    tallied_lessons_.push_back(&lesson);
  }
  tallies_.set_folds(shared);
}

void LearnRound::Group::hand_out_tallies() {
  if (tallies_.empty()) return;
  for (LearntState* state : tallied_) state->add_tallies(tallies_, keys_);
  tallies_.clear();
}

/// Each row's key, once for all lessons.
void LearnRound::Group::number_rows(const StepContext& context, FitTile* tile) {
  const Slot slot = plan_.first[0].slot;
  keys_->number_rows(slot_tile(context.scratch, slot.number, slot.type, context.num_rows),
                     numbers_);
  tile->keys = &keys_;
  tile->numbers = numbers_;
}

void LearnRound::Group::learn(const FitSource& source, std::span<const int8_t> labels,
                              FitLimits limits, const std::function<void()>& after_some_tiles) {
  const Lesson& lesson = lessons_[0];
  const bool can_tally = source.target == nullptr || !labels.empty();
  choose_tallied(source.cross_fit);
  const bool tallies = can_tally && !tallied_.empty();
  const PlanView view = plan_.builder.view();
  Scratch scratch;
  StepContext context = context_of(view, &scratch);
  uint32_t tiles = 0;
  for (uint32_t batch = 0; batch < source.table.num_batches(); ++batch) {
    const std::vector<ColumnView> columns = bound_columns(inputs_, source.table, batch);
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
      tile.max_keys = limits.max_keys;
      tile.max_values = limits.max_values;
      tile.rows_to_come = source.table.num_rows() - batch_first - row;
      if (tallies || lessons_.size() > 1) number_rows(context, &tile);
      if (tallies) {
        if (tallies_.is_full()) hand_out_tallies();
        tallies_.add(std::span(numbers_).first(tile.num_rows), keys_->size(),
                     labels.empty() ? nullptr : labels.data() + batch_first + row, global_row);
        if (keys_->size() > limits.max_keys) hand_out_tallies();
      }
      for (const Lesson& each : lessons_) {
        if (tallies && std::find(tallied_lessons_.begin(), tallied_lessons_.end(), &each) !=
                           tallied_lessons_.end()) {
          continue;
        }
        const size_t index = each.round.operator_index;
        update_states(plan_.first, each.bound->states[index], each.bound->chain.takes_keys(index),
                      tile, context);
      }
      if (lesson.round.behind_fill.has_value()) {
        update_states(plan_.behind_fill, lesson.bound->states[*lesson.round.behind_fill], false,
                      tile, context);
      }
      limit_keys(limits.max_keys);
    }
  }
}

LearnRound::LearnRound(std::vector<Lesson> lessons, const ZoneTables& zones, FitLimits limits)
    : limits_(limits), lessons_(std::move(lessons)) {
  for (const Lesson& lesson : lessons_) {
    const auto group = std::find_if(groups_.begin(), groups_.end(),
                                    [&](const auto& other) { return other->takes(lesson); });
    if (group == groups_.end()) {
      groups_.push_back(std::make_unique<Group>(lesson));
    } else {
      (*group)->add(lesson);
    }
  }
  parallel_for(groups_.size(), [&](uint64_t item, uint32_t) { groups_[item]->begin(zones); });
}

LearnRound::LearnRound(LearnRound&&) noexcept = default;
LearnRound& LearnRound::operator=(LearnRound&&) noexcept = default;
LearnRound::~LearnRound() = default;

void LearnRound::hand_out_tallies() {
  for (const auto& group : groups_) group->hand_out_tallies();
}

void LearnRound::update(const FitSource& source) {
  std::vector<int8_t> labels;
  if (source.target != nullptr) labels = small_target({source.target, source.table.num_rows()});
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> stopped{false};
  parallel_for(groups_.size(), [&](uint64_t item, uint32_t) {
    try {
      groups_[item]->learn(source, labels, limits_, [&] {
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
