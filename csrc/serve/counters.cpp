// Four relaxed additions a request.
#include "serve/counters.hpp"

namespace mainspring {

void Counters::count(Outcome outcome, uint64_t num_rows, uint64_t latency_ns) noexcept {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  size_t bucket = 0;
  while (bucket < kLatencyBuckets.size() && latency_ns > kLatencyBuckets[bucket]) ++bucket;
  requests[static_cast<size_t>(outcome)].fetch_add(1, kRelaxed);
  latencies[bucket].fetch_add(1, kRelaxed);
  latency_sum_ns.fetch_add(latency_ns, kRelaxed);
  rows.fetch_add(num_rows, kRelaxed);
}

}  // namespace mainspring
