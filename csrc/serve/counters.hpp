// What a server adds up about its requests, without a lock: Prometheus reads it now and then.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

namespace mainspring {

/// How a request reaches the model.
enum class Protocol : uint8_t { kRows = 0, kInfer = 1 };
inline constexpr uint32_t kNumProtocols = 2;
inline constexpr std::array<const char*, kNumProtocols> kProtocolNames{"rows", "infer"};

/// How it ended.
enum class Outcome : uint8_t {
  kOk = 0,
  kData = 1,
  kSchema = 2,
  kRequest = 3,
  kLimit = 4,
  kBusy = 5
};
inline constexpr uint32_t kNumOutcomes = 6;
inline constexpr std::array<const char*, kNumOutcomes> kOutcomeNames{"ok",      "data",  "schema",
                                                                     "request", "limit", "busy"};

/// Upper ends of the latency buckets in nanoseconds; one more bucket is open.
inline constexpr std::array<uint64_t, 19> kLatencyBuckets{
    10'000,        25'000,        50'000,        100'000,       250'000,
    500'000,       1'000'000,     2'500'000,     5'000'000,     10'000'000,
    25'000'000,    50'000'000,    100'000'000,   250'000'000,   500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};

/// Of one protocol. Each number is exact; numbers read while requests end may be of different
/// moments.
struct Counters {
  std::array<std::atomic<uint64_t>, kNumOutcomes> requests{};
  std::array<std::atomic<uint64_t>, kLatencyBuckets.size() + 1> latencies{};
  std::atomic<uint64_t> latency_sum_ns{0};
  std::atomic<uint64_t> rows{0};

  void count(Outcome outcome, uint64_t num_rows, uint64_t latency_ns) noexcept;
};

}  // namespace mainspring
