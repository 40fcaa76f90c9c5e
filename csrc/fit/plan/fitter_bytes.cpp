// A Fitter as bytes: expressions, columns and states, so that they travel between processes.
// Nothing in them is trusted when they come back.
#include "fit/plan/fitter.hpp"
#include "host/error.hpp"

namespace mainspring {

namespace {

/// First bytes of state bytes: what they are, and the version of what follows.
constexpr std::string_view kStateMagic = "mainspring preprocessor state 1\n";

// Not inlined: where gcc 12 sees the empty vector and the constant length together, it warns of an
// overflow that cannot be.
[[gnu::noinline]] void write_head(const std::vector<Expression>& expressions, StateWriter& writer) {
  writer.put_bytes(kStateMagic);
  write_expressions(expressions, writer);
}

void write_binding(const ColumnBinding& binding, StateWriter& writer) {
  writer.put_bytes(binding.name);
  writer.put<uint8_t>(static_cast<uint8_t>(binding.kind));
  writer.put<uint8_t>(static_cast<uint8_t>(binding.unit));
  writer.put<uint8_t>(static_cast<uint8_t>(binding.fitted));
  writer.put_bytes(binding.time_zone);
  writer.put_bytes(binding.type_name);
}

ColumnBinding read_binding(StateReader& reader) {
  ColumnBinding binding{};
  binding.name = reader.get_text();
  const auto kind = reader.get<uint8_t>();
  const auto unit = reader.get<uint8_t>();
  const auto fitted = reader.get<uint8_t>();
  if (kind < 1 || kind > static_cast<uint8_t>(InputKind::kBytesList) || unit > 5 || fitted < 1 ||
      fitted > static_cast<uint8_t>(kLastFittedType)) {
    StateReader::fail();
  }
  binding.kind = static_cast<InputKind>(kind);
  binding.unit = static_cast<TimeUnit>(unit);
  binding.fitted = static_cast<ColumnType>(fitted);
  binding.time_zone = reader.get_text();
  binding.type_name = reader.get_text();
  return binding;
}

/// What the chains of the sides have, then what the chain itself has: as visit_chains goes.
BoundChain read_chain(const Chain& chain, StateReader& reader) {
  BoundChain bound{chain, {}, ChainStates(chain.operators.size()), {}};
  for (const Chain& side : chain.sides) bound.sides.push_back(read_chain(side, reader));
  for (size_t i = 0; i < chain.columns.size(); ++i) bound.columns.push_back(read_binding(reader));
  for (size_t op = 0; op < chain.operators.size(); ++op) {
    for (uint64_t left = reader.get_count(8); left > 0; --left) {
      if (!chain.operators[op]->learns()) StateReader::fail();
      bound.states[op].push_back(chain.operators[op]->new_state());
      bound.states[op].back()->read(reader);
    }
  }
  return bound;
}

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
  write_head(expressions_, writer);
  writer.put(limits_.max_keys);
  writer.put(limits_.max_values);
  writer.put<uint64_t>(zones_.size());
  for (const auto& [name, table] : zones_) {
    writer.put_bytes(name);
    writer.put_bytes(
        table == nullptr
            ? std::string_view()
            : std::string_view(reinterpret_cast<const char*>(table->data()), table->size()));
  }
  writer.put(learnt_->num_rows);
  for (const BoundChain& bound : learnt_->chains) {
    visit_chains(bound, [&](const BoundChain& node) {
      for (const ColumnBinding& column : node.columns) write_binding(column, writer);
      for (const auto& states : node.states) {
        writer.put<uint64_t>(states.size());
        for (const auto& state : states) state->write(writer);
      }
    });
  }
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
  for (uint64_t left = reader.get_count(16); left > 0; --left) {
    const std::string name(reader.get_text());
    const std::string_view table = reader.get_bytes();
    fitter.zones_[name] =
        table.empty() ? nullptr
                      : std::make_shared<const std::vector<uint8_t>>(table.begin(), table.end());
  }
  Learnt learnt;
  learnt.num_rows = reader.get<uint64_t>();
  for (const Chain& chain : fitter.chains_) learnt.chains.push_back(read_chain(chain, reader));
  reader.expect_end();
  const auto stream_counts = check_plan(learnt.chains, fitter.zones_);
  size_t number = 0;
  for (const BoundChain& bound : learnt.chains) {
    visit_chains(bound, [&](const BoundChain& node) {
      const std::vector<size_t>& counts = stream_counts[number++];
      for (size_t op = 0; op < counts.size(); ++op) {
        const size_t expected = node.chain.operators[op]->learns() ? counts[op] : 0;
        if (node.states[op].size() != expected) StateReader::fail();
      }
    });
  }
  note_limits(learnt);
  fitter.learnt_ = std::move(learnt);
  return fitter;
}

}  // namespace mainspring
