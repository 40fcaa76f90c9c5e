// History features of a table of requests: what training data gets, key by key over all threads.
#pragma once
#include <span>

#include "history/event_words.hpp"
#include "history/keyed_rows.hpp"

namespace mainspring {

/// What the requests are called: their time, and a column for each key of the plan.
struct RequestColumns {
  std::string at;
  std::vector<std::string> keys;
};

/// The columns of a table, by name.
std::vector<uint32_t> columns_of(const Table& table, const std::vector<std::string>& names);
/// Takes a table of events into the ranges that grids are chosen from.
void look_at_events(const HistoryPlan& plan, const Table& events, std::vector<GridRange>* ranges);

/// Fills out[feature][row] for each request: NaN is null. A request without a time or a key, or
/// with a key that no event has, sees no event. Throws Error(kSchema) for columns that are missing
/// or do not fit, Error(kNotFitted) for a plan without grids.
HistoryCounts offline_features(const HistoryPlan& plan, const Table& events, const Table& requests,
                               const RequestColumns& columns, double* const* out);

/// The features of rows that were brought together by key: out[feature][row]. Rows that were left
/// out get those of no event. Redeliveries are counted from `counted_from` on.
void keyed_features(const HistoryPlan& plan, KeyedEvents* events, const KeyedRequests& requests,
                    int64_t counted_from, double* const* out, HistoryCounts* counts);

}  // namespace mainspring
