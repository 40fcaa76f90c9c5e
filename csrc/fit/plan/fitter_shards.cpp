// One pass of a fit over many processes: what it begins with and what each has learnt travel as
// bytes, and shards merge as states do. Nothing in the bytes is trusted.
#include <algorithm>
#include <array>

#include "fit/plan/chain_bytes.hpp"
#include "fit/plan/fitter.hpp"
#include "fit/transforms/shared_keys.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

constexpr std::string_view kFitMagic = "mainspring fit under way 1\n";
constexpr std::string_view kShardMagic = "mainspring fit shard 1\n";

/// Their values of a row depend on all other rows, which TargetRows keeps and does not merge.
constexpr std::array<std::string_view, 2> kNeedAllRows{"leave_one_out", "ordered_target"};

/// Calls visit(node, operator index) for each operator that learns in this round, in an order that
/// is the same everywhere.
template <class Visit>
void visit_learners(const LearnRound& round, const Visit& visit) {
  for (const Lesson& lesson : round.lessons()) {
    visit(*lesson.bound, lesson.round.operator_index);
    if (lesson.round.behind_fill.has_value()) visit(*lesson.bound, *lesson.round.behind_fill);
  }
}

}  // namespace

void Fitter::check_cross_fits_apart() const {
  for (const Chain& chain : chains_) {
    visit_chains(chain, [&](const Chain& node) {
      for (size_t i = 0; i < node.operators.size(); ++i) {
        const std::string_view name = node.operators[i]->transform().name;
        if (std::find(kNeedAllRows.begin(), kNeedAllRows.end(), name) == kNeedAllRows.end()) {
          continue;
        }
        const std::string fix = "Use target_mean(), or fit_transform_batches() in one process.";
        throw Error(ErrorKind::kParameter,
                    std::string(name) + " in " + describe(node, i + 1) +
                        " computes the training value of a row from all other rows, so it cannot "
                        "be cross-fitted where rows are read by several processes. " +
                        fix)
            .column(first_column(node))
            .hint(fix);
      }
    });
  }
}

void Fitter::bind_fit(const Table& table) {
  Draft& draft = this->draft();
  if (draft.cross_fit) check_cross_fits_apart();
  if (draft.learnt.chains.empty()) {
    draft.learnt = bind(table);
  } else {
    check_same_columns(draft.learnt, table);
  }
}

LearnRound& Fitter::begun_round() {
  Draft& draft = this->draft();
  if (draft.learnt.chains.empty()) {
    throw Error(ErrorKind::kParameter, "The columns of this fit are not known. Call bind_fit().");
  }
  if (draft.num_passes == num_passes()) {
    throw Error(ErrorKind::kParameter, "All passes have ended. Call finish_fit().");
  }
  if (!draft.round.has_value()) {
    draft.round.emplace(lessons(draft.learnt, draft.num_passes), zones_, limits_);
  }
  draft.round->hand_out_tallies();
  return *draft.round;
}

std::vector<uint8_t> Fitter::fit_bytes() const {
  if (!draft_.has_value() || draft_->round.has_value() || draft_->learnt.chains.empty()) {
    throw Error(ErrorKind::kParameter,
                "A fit has bytes to go on from before its first pass, when its columns are known, "
                "and between passes. Call begin_fit() and bind_fit(), or end_pass().");
  }
  StateWriter writer;
  write_magic(kFitMagic, writer);
  write_expressions(expressions_, writer);
  writer.put(limits_.max_keys);
  writer.put(limits_.max_values);
  write_zones(zones_, writer);
  writer.put<uint8_t>(draft_->cross_fit ? 1 : 0);
  writer.put(draft_->num_passes);
  writer.put(draft_->learnt.num_rows);
  write_chains(draft_->learnt.chains, writer);
  return writer.take();
}

Fitter Fitter::resume_fit(std::string_view fit_bytes, uint64_t first_row) {
  StateReader reader(fit_bytes);
  if (reader.get_bytes() != kFitMagic) StateReader::fail();
  std::vector<Expression> expressions = read_expressions(reader);
  FitLimits limits{};
  limits.max_keys = reader.get<uint64_t>();
  limits.max_values = reader.get<uint64_t>();
  if (limits.max_keys == 0 || limits.max_values == 0) StateReader::fail();
  Fitter fitter(std::move(expressions), limits);
  fitter.zones_ = read_zones(reader);
  const auto cross_fit = reader.get<uint8_t>();
  if (cross_fit > 1) StateReader::fail();
  fitter.begin_fit(cross_fit == 1);
  Draft& draft = fitter.draft();
  draft.num_passes = reader.get<uint32_t>();
  if (draft.num_passes > fitter.num_passes()) StateReader::fail();
  draft.rows_before = first_row;
  draft.learnt.num_rows = reader.get<uint64_t>();
  for (const Chain& chain : fitter.chains_) {
    draft.learnt.chains.push_back(read_chain(chain, reader));
  }
  reader.expect_end();
  check_states(draft.learnt.chains, fitter.zones_, draft.num_passes);
  return fitter;
}

void Fitter::begin_share(uint64_t first_row) {
  Draft& draft = this->draft();
  draft.share_start = draft.first_row;
  draft.rows_before = first_row - draft.first_row;  // the sum of the two is what counts
}

std::vector<uint8_t> Fitter::shard_bytes() {
  const LearnRound& round = begun_round();
  StateWriter writer;
  write_magic(kShardMagic, writer);
  writer.put(draft_->num_passes);
  writer.put(draft_->first_row);
  visit_learners(round, [&](const BoundChain& node, size_t op) {
    writer.put<uint64_t>(node.states[op].size());
    for (const auto& state : node.states[op]) state->write(writer);
  });
  return writer.take();
}

void Fitter::add_shard(std::string_view shard_bytes) {
  const LearnRound& round = begun_round();
  Draft& draft = *draft_;
  StateReader reader(shard_bytes);
  if (reader.get_bytes() != kShardMagic) StateReader::fail();
  const auto pass = reader.get<uint32_t>();
  if (pass != draft.num_passes) {
    throw Error(ErrorKind::kParameter, "The shard is of pass " + std::to_string(pass) +
                                           " of a fit, expected pass " +
                                           std::to_string(draft.num_passes) + ".");
  }
  const auto num_rows = reader.get<uint64_t>();
  std::vector<std::unique_ptr<LearntState>> read;  // all of them before any is merged
  visit_learners(round, [&](const BoundChain& node, size_t op) {
    if (reader.get<uint64_t>() != node.states[op].size()) StateReader::fail();
    for (size_t stream = 0; stream < node.states[op].size(); ++stream) {
      read.push_back(node.chain.operators[op]->new_state());
      read.back()->read(reader);
    }
  });
  reader.expect_end();
  if (num_rows == 0) return;  // a state that saw no row does not know its folds yet
  const bool is_first = draft.first_row == 0;
  size_t next = 0;
  visit_learners(round, [&](BoundChain& node, size_t op) {
    for (auto& state : node.states[op]) {
      std::unique_ptr<LearntState> other = std::move(read[next++]);
      if (is_first) {
        state = std::move(other);
        continue;
      }
      state->merge(std::move(*other));
      KeyCut cut;
      state->limit_keys(limits_.max_keys, cut);
      state->limit_values(limits_.max_values);
    }
  });
  draft.first_row += num_rows;
  draft.has_shards = true;
}

}  // namespace mainspring
