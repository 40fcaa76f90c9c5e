// The loop that feeds states: the same steps as in serving, over tiles of the table.
#include "fit/plan/learn_round.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "fit/plan/fold_gather.hpp"
#include "fit/plan/lesson_plan.hpp"
#include "fit/transforms/key_index.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "host/error.hpp"
#include "host/thread_pool.hpp"
#include "profile/number_counts.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kTilesBetweenInterrupts = 64;

std::vector<std::shared_ptr<LearntState>> new_states(const Operator& op, size_t count) {
  std::vector<std::shared_ptr<LearntState>> states;
  for (size_t i = 0; i < count; ++i) states.push_back(op.new_state());
  return states;
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
  /// Tiles [first, end) of a source.
  struct TileRange {
    uint64_t first = 0;
    uint64_t end = UINT64_MAX;
  };
  struct Walk {
    const FitSource& source;
    FitLimits limits;
    const std::function<void()>& after_some_tiles;
  };

  /// Runs the plan over each tile and calls visit(context, tile, number of its first row in the
  /// source) until that returns false. Returns how many tiles were visited.
  template <class Visit>
  uint64_t run(const PlanView& plan, const Walk& walk, TileRange tiles, const Visit& visit) const;
  bool can_count_first() const;
  uint64_t count_first(const Walk& walk);
  bool learn_counted();
  void choose_tallied(bool cross_fit);
  void number_rows(const StepContext& context, FitTile* tile);
  void limit_keys(uint64_t max_keys);
  const std::vector<std::shared_ptr<LearntState>>& fills() const {
    return lessons_[0].bound->states[lessons_[0].round.operator_index];
  }
  const std::vector<std::shared_ptr<LearntState>>& behind_fills() const {
    return lessons_[0].bound->states[*lessons_[0].round.behind_fill];
  }

  std::vector<Lesson> lessons_;
  LessonPlan plan_;
  std::optional<HalvedPlan> halves_;  // where what is behind a fill can learn from its counts
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
    const bool takes_counted = chain.operators[index]->transform().takes_counted;
    if (takes_counted && fills().size() == 1 && fills()[0]->counted() != nullptr) {
      halves_.emplace(lesson, zones);
    }
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

template <class Visit>
uint64_t LearnRound::Group::run(const PlanView& plan, const Walk& walk, TileRange tiles,
                                const Visit& visit) const {
  const FitSource& source = walk.source;
  Scratch scratch;
  StepContext context = context_of(plan, &scratch);
  uint64_t number = 0;
  for (uint32_t batch = 0; batch < source.table.num_batches(); ++batch) {
    const std::vector<ColumnView> columns = bound_columns(inputs_, source.table, batch);
    context.columns = columns.data();
    const uint64_t batch_rows = source.table.batch_rows(batch);
    const uint64_t batch_first = source.table.batch_first_row(batch);
    for (uint64_t row = 0; row < batch_rows; row += kTileRows, ++number) {
      if (number < tiles.first) continue;
      if (number == tiles.end) return number - tiles.first;
      if ((number + 1) % kTilesBetweenInterrupts == 0) walk.after_some_tiles();
      context.first_row = row;
      context.num_rows = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, batch_rows - row));
      const uint64_t global_row = source.first_row + batch_first + row;
      run_fit_plan(plan, context, global_row);
      FitTile tile{};
      tile.target = source.target == nullptr ? nullptr : source.target + batch_first + row;
      tile.first_row = global_row;
      tile.num_rows = context.num_rows;
      tile.cross_fit = source.cross_fit;
      tile.max_keys = walk.limits.max_keys;
      tile.max_values = walk.limits.max_values;
      tile.rows_to_come = source.table.num_rows() - batch_first - row;
      if (!visit(context, tile, batch_first + row)) return number + 1 - tiles.first;
    }
  }
  return number - tiles.first;
}

/// Nothing has been counted yet, so that all counts will be of the rows that come now.
bool LearnRound::Group::can_count_first() const {
  const NumberCounts* counted = halves_.has_value() ? fills()[0]->counted() : nullptr;
  return counted != nullptr && counted->total() == 0;
}

/// The fill learns as long as it counts each number: what is behind it then sees each number once.
/// Returns how many tiles both have learnt.
uint64_t LearnRound::Group::count_first(const Walk& walk) {
  const LessonPlan& plan = halves_->to_fill;
  const auto learn = [&](const StepContext& context, const FitTile& tile, uint64_t) {
    update_states(plan.first, fills(), false, tile, context);
    return fills()[0]->counted() != nullptr;
  };
  const uint64_t num_tiles = run(halves_->to_fill.builder.view(), walk, {}, learn);
  if (fills()[0]->counted() != nullptr && learn_counted()) return num_tiles;
  const auto learn_behind = [&](const StepContext& context, const FitTile& tile, uint64_t) {
    update_states(plan_.behind_fill, behind_fills(), false, tile, context);
    return true;
  };
  run(plan_.builder.view(), walk, {0, num_tiles}, learn_behind);
  return num_tiles;
}

/// False where rows are as fast, or where it takes them.
bool LearnRound::Group::learn_counted() {
  constexpr uint64_t kRowsOfNumber = 8;  // as many take the time of one number and its count
  const NumberCounts& counted = *fills()[0]->counted();
  if (counted.total() < kRowsOfNumber * counted.distinct()) return false;
  std::vector<double> values;
  std::vector<uint64_t> counts;
  counted.for_each([&](double value, uint64_t count) {
    values.push_back(value);
    counts.push_back(count);
  });
  return behind_fills()[0]->update_counted(halves_->behind_fill(values), counts);
}

void LearnRound::Group::learn(const FitSource& source, std::span<const int8_t> labels,
                              FitLimits limits, const std::function<void()>& after_some_tiles) {
  const Lesson& lesson = lessons_[0];
  const Walk walk{source, limits, after_some_tiles};
  const uint64_t num_learnt = can_count_first() ? count_first(walk) : 0;
  const bool can_tally = source.target == nullptr || !labels.empty();
  choose_tallied(source.cross_fit);
  const bool tallies = can_tally && !tallied_.empty();
  const auto is_tallied = [&](const Lesson& each) {
    return tallies && std::find(tallied_lessons_.begin(), tallied_lessons_.end(), &each) !=
                          tallied_lessons_.end();
  };
  const auto learn_tile = [&](const StepContext& context, FitTile& tile, uint64_t row) {
    if (tallies || lessons_.size() > 1) number_rows(context, &tile);
    if (tallies) {
      if (tallies_.is_full()) hand_out_tallies();
      tallies_.add(std::span(numbers_).first(tile.num_rows), keys_->size(),
                   labels.empty() ? nullptr : labels.data() + row, tile.first_row);
      if (keys_->size() > limits.max_keys) hand_out_tallies();
    }
    for (const Lesson& each : lessons_) {
      if (is_tallied(each)) continue;
      const size_t index = each.round.operator_index;
      update_states(plan_.first, each.bound->states[index], each.bound->chain.takes_keys(index),
                    tile, context);
    }
    if (lesson.round.behind_fill.has_value()) {
      update_states(plan_.behind_fill, behind_fills(), false, tile, context);
    }
    limit_keys(limits.max_keys);
    return true;
  };
  run(plan_.builder.view(), walk, {num_learnt, UINT64_MAX}, learn_tile);
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

}  // namespace mainspring
