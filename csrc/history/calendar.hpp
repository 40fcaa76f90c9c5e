// Windows by the calendar of a time zone: today, yesterday, this month. A day begins at the first
// instant whose local date it is, whatever clocks do around it.
#pragma once
#include <cstdint>

#include "history/history_plan.hpp"

namespace mainspring {

/// The frame at a moment, [*first, *end).
void calendar_range(const HistoryZone& zone, const HistoryFrame& frame, int64_t at, int64_t* first,
                    int64_t* end);
/// The first moment whose frame ends behind a time.
int64_t calendar_entry(const HistoryZone& zone, const HistoryFrame& frame, int64_t time);
/// How far back a frame reaches at most.
int64_t calendar_reach(const HistoryFrame& frame);

}  // namespace mainspring
