// The shared memory is one anonymous mapping, made before the workers are: pages that nobody has
// counted in cost nothing. Blocks are found by key under a lock that survives the death of whoever
// held it.
#include "serve/counter_block.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "host/error.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kMappedBytes = uint64_t{256} << 20;
constexpr uint32_t kMaxBlocks = 4096;
constexpr uint32_t kMaxKeyBytes = 240;
constexpr uint64_t kWordsPerLine = 8;

struct BlockEntry {
  char key[kMaxKeyBytes];
  uint64_t first_word;
  uint32_t num_words;
};

struct SharedCounters {
  pthread_mutex_t lock;
  uint32_t num_workers;
  uint32_t num_blocks;
  uint64_t used_words;
  uint64_t num_words;
  BlockEntry blocks[kMaxBlocks];

  std::atomic<uint64_t>* words() { return reinterpret_cast<std::atomic<uint64_t>*>(this + 1); }
};

SharedCounters* shared = nullptr;
uint32_t this_worker = 0;

class SharedLock {
 public:
  explicit SharedLock(SharedCounters* counters) : lock_(&counters->lock) {
    // A worker that died inside has at most left a block that nobody knows.
    if (pthread_mutex_lock(lock_) == EOWNERDEAD) pthread_mutex_consistent(lock_);
  }
  ~SharedLock() { pthread_mutex_unlock(lock_); }
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;

 private:
  pthread_mutex_t* lock_;
};

uint64_t stride_of(uint32_t num_words) {
  return (num_words + kWordsPerLine - 1) / kWordsPerLine * kWordsPerLine;
}

/// Null when there is no room left: such a block counts for its own process alone.
std::atomic<uint64_t>* find_or_add(std::string_view key, uint32_t num_words, uint32_t num_copies) {
  if (key.size() >= kMaxKeyBytes) return nullptr;
  const SharedLock locked(shared);
  for (uint32_t i = 0; i < shared->num_blocks; ++i) {
    BlockEntry& entry = shared->blocks[i];
    if (key == entry.key && entry.num_words == num_words) {
      return shared->words() + entry.first_word;
    }
  }
  const uint64_t needed = stride_of(num_words) * num_copies;
  if (shared->num_blocks == kMaxBlocks || needed > shared->num_words - shared->used_words) {
    return nullptr;
  }
  BlockEntry& entry = shared->blocks[shared->num_blocks];
  std::memset(entry.key, 0, sizeof entry.key);
  std::memcpy(entry.key, key.data(), key.size());
  entry.first_word = shared->used_words;
  entry.num_words = num_words;
  shared->used_words += needed;
  ++shared->num_blocks;
  return shared->words() + entry.first_word;
}

}  // namespace

CounterBlock::CounterBlock(std::string_view key, uint32_t num_words, bool is_common)
    : num_words_(num_words) {
  if (shared != nullptr) {
    base_ = find_or_add(key, num_words, is_common ? 1 : shared->num_workers);
    stride_ = is_common ? 0 : stride_of(num_words);
    if (base_ != nullptr) return;
  }
  stride_ = 0;
  own_.reset(new std::atomic<uint64_t>[num_words]());
  base_ = own_.get();
}

std::atomic<uint64_t>* CounterBlock::mine() const noexcept { return base_ + this_worker * stride_; }

std::vector<const std::atomic<uint64_t>*> CounterBlock::copies() const {
  std::vector<const std::atomic<uint64_t>*> all;
  const uint32_t num_workers = stride_ == 0 ? 1 : shared->num_workers;
  for (uint32_t worker = 0; worker < num_workers; ++worker) all.push_back(base_ + worker * stride_);
  return all;
}

std::vector<uint64_t> CounterBlock::sum() const {
  std::vector<uint64_t> total(num_words_);
  for (const std::atomic<uint64_t>* words : copies()) {
    for (uint32_t i = 0; i < num_words_; ++i) total[i] += words[i].load(std::memory_order_relaxed);
  }
  return total;
}

void share_counters(uint32_t num_workers) {
  if (num_workers == 0 || num_workers > kMaxWorkers) {
    throw Error(ErrorKind::kParameter, "The number of workers is " + std::to_string(num_workers) +
                                           ", expected 1 to " + std::to_string(kMaxWorkers) + ".");
  }
  if (shared != nullptr) {
    throw Error(ErrorKind::kParameter, "The counters of this process are shared already.");
  }
  void* const memory = mmap(nullptr, kMappedBytes, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw Error(ErrorKind::kFile, std::string("There is no memory that workers could share: ") +
                                      std::strerror(errno) + ".");
  }
  auto* const made = static_cast<SharedCounters*>(memory);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&made->lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
  made->num_workers = num_workers;
  made->num_words = (kMappedBytes - sizeof(SharedCounters)) / sizeof(uint64_t);
  shared = made;
}

void set_counter_worker(uint32_t worker) {
  if (shared == nullptr || worker >= shared->num_workers) {
    throw Error(ErrorKind::kParameter,
                "There is no worker " + std::to_string(worker) + " that shares counters.");
  }
  this_worker = worker;
}

}  // namespace mainspring
