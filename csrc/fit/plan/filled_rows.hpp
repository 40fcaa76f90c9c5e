// The rows that a fill has filled, which the state behind it learns without them.
#pragma once
#include "fit/plan/compile_plan.hpp"
#include "fit/plan/fit_rounds.hpp"

namespace mainspring {

/// Adds the rows that the round's fill has filled to the state behind it.
void add_filled_rows(BoundChain& bound, const Round& round, const ZoneTables& zones);

}  // namespace mainspring
