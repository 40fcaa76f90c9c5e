// What a service would have answered: events in the order in which they arrived, requests between
// them.
#pragma once
#include "history/offline_history.hpp"

namespace mainspring {

struct ReplayResult {
  uint64_t num_different = 0;  // requests of which a feature has other bits than `wanted`
  uint64_t first_different = UINT64_MAX;
  uint64_t taken = 0, expired = 0, duplicates = 0;
  uint64_t arrived_late = 0;  // events that came after a request for a later time
};

/// Feeds a state in memory and compares with wanted[feature][row]. An event arrives when some
/// feature may see it for the first time; a request sees what has arrived at or before its time.
/// `block_events` as in StateOptions.
ReplayResult replay_history(const HistoryPlan& plan, const Table& events, const Table& requests,
                            const RequestColumns& columns, const double* const* wanted,
                            uint32_t block_events);

}  // namespace mainspring
