// Numbers that only grow, added to without a lock. In a server of several processes each has its
// own copy in memory that all of them see, and whoever is scraped adds the copies up.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace mainspring {

class CounterBlock {
 public:
  /// Zeros; with shared memory those that an earlier block of this key has counted. `is_common`:
  /// one copy for all processes.
  CounterBlock(std::string_view key, uint32_t num_words, bool is_common = false);

  void add(uint32_t word, uint64_t amount) noexcept {
    mine()[word].fetch_add(amount, std::memory_order_relaxed);
  }
  /// Over all processes. Each number is exact; they may be of different moments.
  std::vector<uint64_t> sum() const;

  uint32_t num_words() const { return num_words_; }
  /// The words of this process.
  std::atomic<uint64_t>* mine() const noexcept;
  /// Those of every process, this one too.
  std::vector<const std::atomic<uint64_t>*> copies() const;

 private:
  uint32_t num_words_;
  uint64_t stride_ = 0;  // words from one process to the next; 0: not shared
  std::atomic<uint64_t>* base_;
  std::shared_ptr<std::atomic<uint64_t>[]> own_;
};

inline constexpr uint32_t kMaxWorkers = 256;

/// Once, before any block is made and before the process forks: later blocks are shared by
/// `num_workers` processes. Throws Error(kParameter) for 0 or more than kMaxWorkers, Error(kFile)
/// where the system has no such memory.
void share_counters(uint32_t num_workers);

/// In a process that was forked: which of the workers it is. One that takes the place of another
/// goes on counting where that one ended.
void set_counter_worker(uint32_t worker);

}  // namespace mainspring
