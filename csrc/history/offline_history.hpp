// History features of a table of requests: what training data gets, key by key over all threads.
#pragma once
#include <span>

#include "history/event_words.hpp"

namespace mainspring {

/// What the requests are called: their time, and a column for each key of the plan.
struct RequestColumns {
  std::string at;
  std::vector<std::string> keys;
};

/// Fits the grids of a plan without them to the events.
void fit_grids(HistoryPlan* plan, const Table& events);

/// Fills out[feature][row] for each request: NaN is null. A request without a time or a key, or
/// with a key that no event has, sees no event. Throws Error(kSchema) for columns that are missing
/// or do not fit, Error(kNotFitted) for a plan without grids.
HistoryCounts offline_features(const HistoryPlan& plan, const Table& events, const Table& requests,
                               const RequestColumns& columns, double* const* out);

}  // namespace mainspring
