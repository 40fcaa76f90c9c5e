// What a server adds up about the requests of one model: where each number lies in its block.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "serve/counter_block.hpp"
#include "serve/protocol.hpp"

namespace mainspring {

/// How a request ended.
enum class Outcome : uint8_t {
  kOk = 0,
  kData = 1,
  kSchema = 2,
  kRequest = 3,
  kLimit = 4,
  kBusy = 5,
  kLate = 6
};
inline constexpr uint32_t kNumOutcomes = 7;
inline constexpr std::array<const char*, kNumOutcomes> kOutcomeNames{
    "ok", "data", "schema", "request", "limit", "busy", "late"};

/// What a request spends its time on. Transforms and the model run tile by tile, one behind the
/// other through the same cache: they are one phase.
enum class Phase : uint8_t { kQueue = 0, kParse = 1, kPredict = 2, kWrite = 3 };
inline constexpr uint32_t kNumPhases = 4;
inline constexpr std::array<const char*, kNumPhases> kPhaseNames{"queue", "parse", "predict",
                                                                 "write"};

/// Upper ends of the latency buckets in nanoseconds; one more bucket is open.
inline constexpr std::array<uint64_t, 19> kLatencyBuckets{
    10'000,        25'000,        50'000,        100'000,       250'000,
    500'000,       1'000'000,     2'500'000,     5'000'000,     10'000'000,
    25'000'000,    50'000'000,    100'000'000,   250'000'000,   500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};

/// Words of one protocol.
inline constexpr uint32_t kRequestsWord = 0;
inline constexpr uint32_t kLatenciesWord = kRequestsWord + kNumOutcomes;
inline constexpr uint32_t kLatencySumWord = kLatenciesWord + kLatencyBuckets.size() + 1;
inline constexpr uint32_t kRowsWord = kLatencySumWord + 1;
inline constexpr uint32_t kPhasesWord = kRowsWord + 1;
inline constexpr uint32_t kProtocolWords = kPhasesWord + kNumPhases;

/// Of one request.
struct RequestCount {
  Outcome outcome = Outcome::kOk;
  uint64_t num_rows = 0;
  uint64_t latency_ns = 0;
  std::array<uint64_t, kNumPhases> phase_ns{};
};

class Counters {
 public:
  explicit Counters(std::string_view key) : block_(key, kNumProtocols * kProtocolWords) {}

  void count(Protocol protocol, const RequestCount& request) noexcept {
    const uint32_t first = static_cast<uint32_t>(protocol) * kProtocolWords;
    uint32_t bucket = 0;
    while (bucket < kLatencyBuckets.size() && request.latency_ns > kLatencyBuckets[bucket]) {
      ++bucket;
    }
    block_.add(first + kRequestsWord + static_cast<uint32_t>(request.outcome), 1);
    block_.add(first + kLatenciesWord + bucket, 1);
    block_.add(first + kLatencySumWord, request.latency_ns);
    block_.add(first + kRowsWord, request.num_rows);
    for (uint32_t i = 0; i < kNumPhases; ++i) {
      block_.add(first + kPhasesWord + i, request.phase_ns[i]);
    }
  }
  std::vector<uint64_t> sum() const { return block_.sum(); }

 private:
  CounterBlock block_;
};

}  // namespace mainspring
