// A fitted Fitter as bytes: expressions, columns and states, so that they travel between processes.
// Nothing in them is trusted when they come back.
#include "fit/plan/chain_bytes.hpp"
#include "fit/plan/fitter.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

/// First bytes of state bytes: what they are, and the version of what follows.
constexpr std::string_view kStateMagic = "mainspring preprocessor state 1\n";

}  // namespace

std::vector<uint8_t> Fitter::state_bytes() const {
  if (!has_states()) {
    throw Error(learnt_.has_value() ? ErrorKind::kParameter : ErrorKind::kNotFitted,
                learnt_.has_value()
                    ? "There are no states to write: this preprocessor learns in several rounds, "
                      "or was unpickled with its plan alone. Save it in a bundle instead."
                    : "This preprocessor has learnt nothing yet. Call fit() or partial_fit() "
                      "first.");
  }
  StateWriter writer;
  write_magic(kStateMagic, writer);
  write_expressions(expressions_, writer);
  writer.put(limits_.max_keys);
  writer.put(limits_.max_values);
  write_zones(zones_, writer);
  writer.put(learnt_->num_rows);
  write_chains(learnt_->chains, writer);
  return writer.take();
}

Fitter Fitter::from_state_bytes(std::string_view bytes) {
  StateReader reader(bytes);
  if (reader.get_bytes() != kStateMagic) StateReader::fail();
  std::vector<Expression> expressions = read_expressions(reader);
  FitLimits limits{};
  limits.max_keys = reader.get<uint64_t>();
  limits.max_values = reader.get<uint64_t>();
  if (limits.max_keys == 0 || limits.max_values == 0) StateReader::fail();
  Fitter fitter(std::move(expressions), limits);
  if (fitter.num_rounds_ > 1) StateReader::fail();
  fitter.zones_ = read_zones(reader);
  Learnt learnt;
  learnt.num_rows = reader.get<uint64_t>();
  for (const Chain& chain : fitter.chains_) learnt.chains.push_back(read_chain(chain, reader));
  reader.expect_end();
  check_states(learnt.chains, fitter.zones_, fitter.num_rounds_);
  note_limits(learnt);
  fitter.learnt_ = std::move(learnt);
  return fitter;
}

}  // namespace mainspring
