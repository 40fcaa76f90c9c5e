// Buckets of seven entries, each a ring of its own: no lock, no lists, two words a prediction.
#include "serve/prediction_memory.hpp"

#include <bit>

#include "runtime/core/hash.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kEntries = 7;
constexpr uint32_t kBucketWords = 2 + 2 * kEntries;  // how many were put, nothing, the entries
// Of Poisson's law: buckets of 7 that hold 5 on average lose a twelfth of the newest 5.
constexpr uint32_t kMeanEntries = 5;

uint64_t key_of(std::string_view id, uint64_t row) {
  const uint64_t hash = hash_bytes(reinterpret_cast<const uint8_t*>(id.data()), id.size());
  return combine_hashes(hash, hash_u64(row)) | 1;  // 0 is an empty entry
}

}  // namespace

PredictionMemory::PredictionMemory(std::string_view key, uint32_t num_rows)
    : num_buckets_(num_rows / kMeanEntries + 1), block_(key, num_buckets_ * kBucketWords, true) {}

void PredictionMemory::put(std::string_view id, uint64_t row, double prediction) noexcept {
  const uint64_t key = key_of(id, row);
  std::atomic<uint64_t>* const bucket =
      block_.mine() + uint64_t{hash_bucket(hash_u64(key), num_buckets_)} * kBucketWords;
  const uint64_t number = bucket[0].fetch_add(1, std::memory_order_relaxed) % kEntries;
  std::atomic<uint64_t>* const entry = bucket + 2 + 2 * number;
  entry[0].store(0, std::memory_order_relaxed);
  entry[1].store(std::bit_cast<uint64_t>(prediction), std::memory_order_release);
  entry[0].store(key, std::memory_order_release);
}

std::optional<double> PredictionMemory::take(std::string_view id, uint64_t row) noexcept {
  uint64_t key = key_of(id, row);
  std::atomic<uint64_t>* const bucket =
      block_.mine() + uint64_t{hash_bucket(hash_u64(key), num_buckets_)} * kBucketWords;
  for (uint32_t i = 0; i < kEntries; ++i) {
    std::atomic<uint64_t>* const entry = bucket + 2 + 2 * uint64_t{i};
    if (entry[0].load(std::memory_order_acquire) != key) continue;
    const uint64_t bits = entry[1].load(std::memory_order_acquire);
    // Fails when somebody else took it, or another prediction has its place.
    if (entry[0].compare_exchange_strong(key, 0)) return std::bit_cast<double>(bits);
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace mainspring
