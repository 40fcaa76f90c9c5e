// Chains, what they have learnt, and the zones that they use, as bytes: what the states of a Fitter
// and of a fit that is under way have in common.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "fit/plan/compile_plan.hpp"
#include "fit/plan/zone_table.hpp"
#include "host/state_bytes.hpp"

namespace mainspring {

/// The first bytes of a state: what it is, and the version of what follows.
void write_magic(std::string_view magic, StateWriter& writer);

void write_zones(const ZoneTables& zones, StateWriter& writer);
ZoneTables read_zones(StateReader& reader);

void write_chains(std::span<const BoundChain> chains, StateWriter& writer);
BoundChain read_chain(const Chain& chain, StateReader& reader);

/// Throws Error(kBundleCorrupt) unless the operators that learn in the first `num_rounds` rounds
/// have a state for each of their streams, and others have none.
void check_states(std::span<const BoundChain> chains, const ZoneTables& zones, size_t num_rounds);

}  // namespace mainspring
