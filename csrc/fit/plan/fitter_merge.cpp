// What was learnt one after another, or by two Fitters with the same expressions, together.
#include <algorithm>

#include "fit/plan/fitter.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "host/error.hpp"

namespace mainspring {

void Fitter::begin_partial_fit() {
  check_one_round("partial_fit");
  begin_fit(/*cross_fit=*/false);
  draft_->adds = true;
  if (!learnt_.has_value()) return;
  // The same forms of the columns as before, whatever this input's types would suggest.
  draft_->learnt.chains = learnt_->chains;
  for (BoundChain* node : nodes_of(draft_->learnt.chains)) {
    node->states.assign(node->chain.operators.size(), {});
  }
}

void Fitter::finish_partial_fit() {
  Draft draft = std::move(this->draft());
  draft_.reset();
  if (!draft.adds) {
    throw Error(ErrorKind::kParameter, "A fit is under way. Call finish_fit().");
  }
  if (!draft.round.has_value()) return;  // no part has come
  draft.round->hand_out_tallies();
  Learnt learnt = std::move(draft.learnt);
  learnt.num_rows = draft.first_row;
  if (learnt_.has_value()) merge_states(learnt, *learnt_);
  note_limits(learnt);
  end_training();
  learnt_ = std::move(learnt);
}

void Fitter::partial_fit(const Table& table, const double* target, const Interrupt& interrupt) {
  begin_partial_fit();
  fit_part(table, target, interrupt);
  finish_partial_fit();
}

void Fitter::merge(const Fitter& other) {
  check_one_round("merge");
  bool same = chains_.size() == other.chains_.size();
  for (size_t i = 0; same && i < chains_.size(); ++i) {
    const Chain& a = chains_[i];
    const Chain& b = other.chains_[i];
    same = same_chain(a, b);
    if (!same) {
      const std::string mine = describe(a, a.operators.size());
      const std::string theirs = describe(b, b.operators.size());
      throw Error(ErrorKind::kParameter,
                  "merge needs two preprocessors with the same expressions and parameters, but " +
                      mine + " meets " + theirs +
                      (mine == theirs ? " with other parameters." : "."));
    }
  }
  if (!same) {
    throw Error(ErrorKind::kParameter,
                "merge needs two preprocessors with the same expressions and parameters, but one "
                "has " +
                    std::to_string(chains_.size()) + " and the other " +
                    std::to_string(other.chains_.size()) + " expressions.");
  }
  if (!other.learnt_.has_value()) return;
  if (!other.has_states() || (learnt_.has_value() && !has_states())) {
    throw Error(ErrorKind::kParameter,
                "merge needs what both preprocessors have learnt, but one was unpickled with its "
                "plan alone. Build it with partial_fit, or send state_bytes().");
  }
  Learnt theirs = *other.learnt_;
  theirs.compiled.reset();
  for (BoundChain* node : nodes_of(theirs.chains)) {  // merged from, so they must be copies
    for (auto& streams : node->states) {
      for (auto& state : streams) state = state->clone();
    }
  }
  if (learnt_.has_value()) {
    const std::vector<BoundChain*> my_nodes = nodes_of(learnt_->chains);
    const std::vector<BoundChain*> their_nodes = nodes_of(theirs.chains);
    for (size_t i = 0; i < my_nodes.size(); ++i) {
      for (size_t j = 0; j < my_nodes[i]->columns.size(); ++j) {
        const ColumnBinding& mine = my_nodes[i]->columns[j];
        const ColumnBinding& other_column = their_nodes[i]->columns[j];
        if (mine.kind == other_column.kind && mine.unit == other_column.unit &&
            mine.time_zone == other_column.time_zone) {
          continue;
        }
        throw Error(ErrorKind::kSchema, "Column '" + mine.name + "' was fitted as " +
                                            mine.type_name + " here and as " +
                                            other_column.type_name +
                                            " there, expected one type. Cast it in one of them.")
            .column(mine.name)
            .expected(mine.type_name)
            .got(other_column.type_name);
      }
    }
    merge_states(theirs, *learnt_);
  }
  note_limits(theirs);
  for (const auto& [name, table] : other.zones_) zones_.emplace(name, table);
  end_training();
  learnt_ = std::move(theirs);
}

void Fitter::merge_states(Learnt& into, Learnt& from) const {
  const std::vector<BoundChain*> into_nodes = nodes_of(into.chains);
  const std::vector<BoundChain*> from_nodes = nodes_of(from.chains);
  for (size_t i = 0; i < into_nodes.size(); ++i) {
    for (size_t op = 0; op < into_nodes[i]->states.size(); ++op) {
      auto& states = into_nodes[i]->states[op];
      for (size_t stream = 0; stream < states.size(); ++stream) {
        const std::unique_ptr<LearntState> copy = from_nodes[i]->states[op][stream]->clone();
        states[stream]->merge(std::move(*copy));
        KeyCut cut;
        states[stream]->limit_keys(limits_.max_keys, cut);
        states[stream]->limit_values(limits_.max_values);
      }
    }
  }
  into.num_rows += from.num_rows;
}

void Fitter::note_limits(Learnt& learnt) {
  learnt.limited.clear();
  learnt.sketched.clear();
  const auto add = [](std::vector<LimitedColumn>& columns, const std::string& column,
                      uint64_t error) {
    if (error == 0) return;
    const auto known = std::find_if(columns.begin(), columns.end(),
                                    [&](const auto& other) { return other.column == column; });
    if (known == columns.end()) {
      columns.push_back({column, error});
    } else {
      known->error = std::max(known->error, error);
    }
  };
  for (const BoundChain* node : nodes_of(learnt.chains)) {
    for (size_t op = 0; op < node->states.size(); ++op) {
      const std::vector<std::string> keys = node->chain.operators[op]->key_columns();
      for (size_t stream = 0; stream < node->states[op].size(); ++stream) {
        const LearntState& state = *node->states[op][stream];
        const std::string column =
            stream < node->columns.size() ? node->columns[stream].name : first_column(node->chain);
        // Keys of a stream are those of its column, or of the column that groups it.
        add(learnt.limited, keys.empty() ? column : keys[0], state.key_error());
        add(learnt.sketched, column, state.rank_error());
      }
    }
  }
}

std::vector<Fitter::LimitedColumn> Fitter::limited_columns() const {
  return learnt_.has_value() ? learnt_->limited : std::vector<LimitedColumn>();
}

std::vector<Fitter::LimitedColumn> Fitter::sketched_columns() const {
  return learnt_.has_value() ? learnt_->sketched : std::vector<LimitedColumn>();
}

}  // namespace mainspring
