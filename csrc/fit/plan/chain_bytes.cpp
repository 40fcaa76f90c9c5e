// Nothing in the bytes is trusted when they come back.
#include "fit/plan/chain_bytes.hpp"

#include "fit/plan/fit_rounds.hpp"

namespace mainspring {

namespace {

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

/// Whether each operator has learnt after `num_rounds` rounds.
std::vector<bool> learnt_by(const Chain& chain, size_t num_rounds) {
  std::vector<bool> learnt(chain.operators.size(), false);
  size_t number = chain.first_round;
  for (const Round& round : rounds_of(chain.operators)) {
    if (number++ >= num_rounds) break;
    learnt[round.operator_index] = true;
    if (round.behind_fill.has_value()) learnt[*round.behind_fill] = true;
  }
  return learnt;
}

}  // namespace

void write_magic(std::string_view magic, StateWriter& writer) { writer.put_bytes(magic); }

void write_zones(const ZoneTables& zones, StateWriter& writer) {
  writer.put<uint64_t>(zones.size());
  for (const auto& [name, table] : zones) {
    writer.put_bytes(name);
    writer.put_bytes(
        table == nullptr
            ? std::string_view()
            : std::string_view(reinterpret_cast<const char*>(table->data()), table->size()));
  }
}

ZoneTables read_zones(StateReader& reader) {
  ZoneTables zones;
  for (uint64_t left = reader.get_count(16); left > 0; --left) {
    const std::string name(reader.get_text());
    const std::string_view table = reader.get_bytes();
    zones[name] = table.empty()
                      ? nullptr
                      : std::make_shared<const std::vector<uint8_t>>(table.begin(), table.end());
  }
  return zones;
}

void write_chains(std::span<const BoundChain> chains, StateWriter& writer) {
  for (const BoundChain& bound : chains) {
    visit_chains(bound, [&](const BoundChain& node) {
      for (const ColumnBinding& column : node.columns) write_binding(column, writer);
      for (const auto& states : node.states) {
        writer.put<uint64_t>(states.size());
        for (const auto& state : states) state->write(writer);
      }
    });
  }
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

void check_states(std::span<const BoundChain> chains, const ZoneTables& zones, size_t num_rounds) {
  const auto stream_counts = check_plan(chains, zones);
  size_t number = 0;
  for (const BoundChain& bound : chains) {
    visit_chains(bound, [&](const BoundChain& node) {
      const std::vector<size_t>& counts = stream_counts[number++];
      const std::vector<bool> learnt = learnt_by(node.chain, num_rounds);
      for (size_t op = 0; op < counts.size(); ++op) {
        if (node.states[op].size() != (learnt[op] ? counts[op] : 0)) StateReader::fail();
      }
    });
  }
}

}  // namespace mainspring
