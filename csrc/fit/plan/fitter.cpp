// Rounds in their order, states that are swapped in only when all has gone well.
#include "fit/plan/fitter.hpp"

#include <algorithm>
#include <cmath>

#include "fit/plan/filled_rows.hpp"
#include "fit/plan/zone_table.hpp"
#include "fit/write_bundle.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

BoundChain bind_chain(const Chain& chain, const Transform* reader, const Table& table) {
  BoundChain bound{chain, {}, ChainStates(chain.operators.size()), {}};
  for (const Chain& side : chain.sides) {
    bound.sides.push_back(bind_chain(side, &chain.operators[0]->transform(), table));
  }
  bound.columns = bind_columns(chain, reader, table);
  return bound;
}

/// The first operator that learns in the second pass, and its chain.
struct Second {
  const Chain* chain;
  size_t operator_index;
};

std::optional<Second> learns_second(const Chain& chain) {
  std::optional<Second> found;
  visit_chains(chain, [&](const Chain& node) {
    const std::vector<Round> rounds = rounds_of(node.operators);
    if (found.has_value() || node.first_round + rounds.size() <= 1) return;
    found = Second{&node, rounds[node.first_round == 0 ? 1 : 0].operator_index};
  });
  return found;
}

}  // namespace

Fitter::Fitter(std::vector<Expression> expressions, FitLimits limits)
    : expressions_(std::move(expressions)), limits_(limits), chains_(expand(expressions_)) {
  if (limits_.max_keys == 0 || limits_.max_values == 0) {
    throw Error(ErrorKind::kParameter,
                std::string(limits_.max_keys == 0 ? "max_keys" : "max_values") +
                    " must be an integer of 1 or more, got 0.")
        .expected("an integer of 1 or more")
        .got("0");
  }
  for (const Chain& chain : chains_) {
    visit_chains(chain, [&](const Chain& node) {
      const size_t rounds = node.first_round + rounds_of(node.operators).size();
      num_rounds_ = std::max(num_rounds_, static_cast<uint32_t>(rounds));
      for (const auto& op : node.operators) {
        if (op->transform().uses_target && target_user_.empty()) {
          target_user_ = op->transform().name;
        }
      }
    });
  }
}

std::vector<std::string> Fitter::missing_zones(const Table& table) const {
  std::vector<std::string> missing;
  // The columns of a fit that is under way have their zones.
  if (draft_.has_value() && !draft_->learnt.chains.empty()) return missing;
  (void)check_plan(bound_chains(table), zones_, &missing);
  return missing;
}

void Fitter::add_zone(const std::string& name, int32_t first_offset,
                      const std::vector<int64_t>& transitions,
                      const std::vector<int32_t>& offsets) {
  const bool is_utc = first_offset == 0 && transitions.empty();
  zones_[name] = is_utc ? nullptr
                        : std::make_shared<const std::vector<uint8_t>>(
                              build_zone_table(first_offset, transitions, offsets));
}

std::vector<BoundChain> Fitter::bound_chains(const Table& table) const {
  std::vector<BoundChain> chains;
  for (const Chain& chain : chains_) chains.push_back(bind_chain(chain, nullptr, table));
  return chains;
}

Fitter::Learnt Fitter::bind(const Table& table) const {
  Learnt learnt;
  learnt.chains = bound_chains(table);
  (void)check_plan(learnt.chains, zones_);
  return learnt;
}

void Fitter::check_target(const Table& table, const double* target, uint64_t first_row) const {
  if (uses_target() && target == nullptr) {
    throw Error(ErrorKind::kParameter,
                std::string(target_user_) +
                    " learns from a target, got none. Pass target='column' or y=values.");
  }
  if (target == nullptr) return;
  for (uint64_t row = 0; row < table.num_rows(); ++row) {
    if (std::isfinite(target[row])) continue;
    const std::string got = std::isnan(target[row]) ? "a missing value" : "infinity";
    throw Error(ErrorKind::kData, "The target is " + got + " at row " +
                                      std::to_string(first_row + row) +
                                      ", expected a finite number in every row. Drop the rows "
                                      "without a target.")
        .row(first_row + row)
        .expected("a finite number")
        .got(got);
  }
}

void Fitter::check_one_round(std::string_view what) const {
  for (const Chain& chain : chains_) {
    const std::optional<Second> second = learns_second(chain);
    if (!second.has_value()) continue;
    const auto& ops = second->chain->operators;
    throw Error(ErrorKind::kParameter,
                std::string(what) + " needs expressions that learn everything in one pass, but " +
                    std::string(ops[second->operator_index]->transform().name) + " in " +
                    describe(*second->chain, ops.size()) +
                    " can only begin when what is before it has been learnt. Use fit().")
        .column(first_column(*second->chain));
  }
}

std::vector<Lesson> Fitter::lessons(Learnt& learnt, size_t round) {
  std::vector<Lesson> lessons;
  for (BoundChain* node : nodes_of(learnt.chains)) {
    const std::vector<Round> rounds = rounds_of(node->chain.operators);
    const size_t first = node->chain.first_round;
    if (round >= first && round - first < rounds.size()) {
      lessons.push_back({node, rounds[round - first]});
    }
  }
  return lessons;
}

void Fitter::check_same_columns(const Learnt& learnt, const Table& table) const {
  for (const ColumnBinding& column : plan_inputs(learnt.chains)) check_binding(column, table);
}

void Fitter::fit(const Table& table, const double* target, bool cross_fit,
                 const Interrupt& interrupt) {
  begin_fit(cross_fit);
  for (uint32_t pass = 0; pass < num_passes(); ++pass) {
    fit_part(table, target, interrupt);
    end_pass();
  }
  finish_fit();
}

void Fitter::begin_fit(bool cross_fit) { draft_.emplace(Draft{cross_fit, false, {}, {}}); }

Fitter::Draft& Fitter::draft() {
  if (!draft_.has_value()) {
    throw Error(ErrorKind::kParameter, "No fit is under way. Call begin_fit().");
  }
  return *draft_;
}

void Fitter::fit_part(const Table& table, const double* target, const Interrupt& interrupt) {
  try {
    learn_part(draft(), table, target, interrupt);
  } catch (...) {
    draft_.reset();
    throw;
  }
}

void Fitter::learn_part(Draft& draft, const Table& table, const double* target,
                        const Interrupt& interrupt) const {
  check_target(table, target, draft.first_row - draft.share_start);
  if (draft.num_passes == num_passes()) {
    throw Error(ErrorKind::kParameter, "All passes have ended. Call finish_fit().");
  }
  if (draft.has_shards) {
    throw Error(ErrorKind::kParameter, "Shards were added in this pass. Call end_pass().");
  }
  // A part without rows is looked at too: its columns are wrong as well as any.
  Learnt& learnt = draft.learnt;
  if (learnt.chains.empty() && !chains_.empty()) {
    learnt = bind(table);
  } else {
    check_same_columns(learnt, table);
  }
  if (!draft.round.has_value()) {
    draft.round.emplace(lessons(learnt, draft.num_passes), zones_, limits_);
  }
  const uint64_t before = draft.rows_before + (draft.adds ? num_rows() : 0);
  draft.round->update(
      FitSource{table, target, before + draft.first_row, draft.cross_fit, interrupt});
  draft.first_row += table.num_rows();
}

void Fitter::end_pass() {
  try {
    Draft& draft = this->draft();
    if (draft.first_row == 0) {
      throw Error(ErrorKind::kData, "The table has no rows, expected at least one to learn from.");
    }
    Learnt& learnt = draft.learnt;
    if (draft.num_passes == 0) learnt.num_rows = draft.first_row;
    if (draft.first_row != learnt.num_rows) {
      throw Error(ErrorKind::kData, "The data has " + std::to_string(draft.first_row) +
                                        " rows when it is read again, expected the " +
                                        std::to_string(learnt.num_rows) +
                                        " of the first pass. Fit on data that stays as it is.")
          .expected(std::to_string(learnt.num_rows) + " rows")
          .got(std::to_string(draft.first_row) + " rows");
    }
    draft.round->hand_out_tallies();
    for (BoundChain* node : nodes_of(learnt.chains)) {
      for (auto& streams : node->states) {
        for (auto& state : streams) state->settle();
      }
    }
    if (num_rounds_ > 1) {  // else the states stay open for partial_fit and merge
      for (const Lesson& lesson : draft.round->lessons()) {
        if (lesson.round.behind_fill.has_value()) {
          add_filled_rows(*lesson.bound, lesson.round, zones_);
        }
      }
    }
    draft.round.reset();
    draft.first_row = 0;
    draft.has_shards = false;
    ++draft.num_passes;
  } catch (...) {
    draft_.reset();
    throw;
  }
}

void Fitter::finish_fit() {
  Draft draft = std::move(this->draft());
  draft_.reset();
  if (draft.num_passes != num_passes()) {
    throw Error(ErrorKind::kParameter, "The fit has ended " + std::to_string(draft.num_passes) +
                                           " of its " + std::to_string(num_passes()) +
                                           " passes. Call end_pass().");
  }
  Learnt learnt = std::move(draft.learnt);
  const std::vector<BoundChain> chains =
      num_rounds_ == 1 ? completed(learnt.chains) : learnt.chains;
  // Put together when it is asked for: large tables would be copied twice.
  learnt.compiled = std::make_shared<const BundleParts>(compile_parts(chains));
  std::unique_ptr<PlanBuilder> training_plan;
  if (draft.cross_fit) {
    training_plan = std::make_unique<PlanBuilder>(zones_);
    compile_plan(chains, /*cross_fitted=*/true, *training_plan);
    training_plan->view();  // joins its data, so that rows of several threads only read it
    for (const BoundChain* node : nodes_of(learnt.chains)) {
      for (const auto& streams : node->states) {
        for (const auto& state : streams) state->forget_rows();
      }
    }
  }
  note_limits(learnt);
  if (num_rounds_ > 1) {
    for (BoundChain* node : nodes_of(learnt.chains)) {
      node->states.assign(node->chain.operators.size(), {});
    }
    learnt.has_states = false;
  }
  training_plan_ = std::move(training_plan);
  training_inputs_ = plan_inputs(learnt.chains);
  learnt_ = std::move(learnt);
}

std::vector<BoundChain> Fitter::completed(const std::vector<BoundChain>& chains) const {
  std::vector<BoundChain> complete = chains;
  for (BoundChain* node : nodes_of(complete)) {
    for (const Round& round : rounds_of(node->chain.operators)) {
      if (!round.behind_fill.has_value()) continue;
      // The open state must not see the filled rows: more missing ones may come.
      for (auto& state : node->states[*round.behind_fill]) state = state->clone();
      add_filled_rows(*node, round, zones_);
    }
  }
  return complete;
}

BundleParts Fitter::compile_parts(std::span<const BoundChain> chains) const {
  PlanBuilder builder(zones_);
  compile_plan(chains, /*cross_fitted=*/false, builder);
  BundleParts parts;
  constexpr std::string_view kMeta = "{}";
  parts.meta.assign(kMeta.begin(), kMeta.end());
  builder.finish(&parts);
  return parts;
}

std::vector<uint8_t> Fitter::compile() const {
  if (!learnt_.has_value() || learnt_->num_rows == 0) {
    throw Error(ErrorKind::kNotFitted,
                "This preprocessor has learnt nothing yet. Call fit() or partial_fit() first.");
  }
  if (learnt_->compiled != nullptr) return write_bundle(*learnt_->compiled);
  return write_bundle(compile_parts(completed(learnt_->chains)));
}

}  // namespace mainspring
