// The pool behind every parallel loop: sleeping workers, one job at a time, items by atomic
// counter.
#include "host/thread_pool.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include "host/error.hpp"
#include "host/usable_cores.hpp"

namespace mainspring {

namespace {

using Body = std::function<void(uint64_t, uint32_t)>;

constexpr uint32_t kMaxThreads = 1024;
constexpr const char* kVariable = "MAINSPRING_NUM_THREADS";

struct Job {
  const Body* body;
  uint64_t num_items;
  uint32_t max_workers;  // the caller's included
  std::atomic<uint64_t> next_item{0};
  std::mutex error_mutex;
  std::exception_ptr error;

  void work(uint32_t worker) {
    try {
      for (;;) {
        const uint64_t item = next_item.fetch_add(1, std::memory_order_relaxed);
        if (item >= num_items) return;
        (*body)(item, worker);
      }
    } catch (...) {
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
      next_item.store(num_items, std::memory_order_relaxed);  // nobody takes another item
    }
  }
};

thread_local bool inside_body = false;

class InsideBody {
 public:
  InsideBody() : before_(inside_body) { inside_body = true; }
  ~InsideBody() { inside_body = before_; }
  InsideBody(const InsideBody&) = delete;
  InsideBody& operator=(const InsideBody&) = delete;

 private:
  bool before_;
};

// Signals belong to the program's own threads, above all to Python's main thread.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

class Pool {
 public:
  // False when another thread's job is running: the caller then works alone instead of waiting.
  bool run(Job& job) {
    const std::unique_lock turn(turn_, std::try_to_lock);
    if (!turn.owns_lock()) return false;
    {
      const std::lock_guard lock(mutex_);
      grow(job.max_workers - 1);
      job_ = &job;
      next_worker_ = 1;
    }
    wake_.notify_all();
    {
      const InsideBody inside;
      job.work(0);
    }
    std::unique_lock lock(mutex_);
    job_ = nullptr;  // a worker that wakes only now finds nothing
    done_.wait(lock, [this] { return active_ == 0; });
    return true;
  }

 private:
  void grow(uint32_t wanted) {
    const BlockedSignals blocked;
    while (num_workers_ < wanted) {
      try {
        std::thread(&Pool::serve, this).detach();
      } catch (const std::system_error&) {
        return;  // the system gives no more threads: the job runs on fewer
      }
      ++num_workers_;
    }
  }

  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return job_ != nullptr && next_worker_ < job_->max_workers; });
      Job& job = *job_;
      const uint32_t worker = next_worker_++;
      ++active_;
      lock.unlock();
      {
        const InsideBody inside;
        job.work(worker);
      }
      lock.lock();
      if (--active_ == 0) done_.notify_one();
    }
  }

  std::mutex turn_;   // held by the thread whose job runs
  std::mutex mutex_;  // of everything below
  std::condition_variable wake_;
  std::condition_variable done_;
  Job* job_ = nullptr;
  uint32_t next_worker_ = 1;
  uint32_t active_ = 0;
  uint32_t num_workers_ = 0;
};

std::atomic<Pool*> current_pool{nullptr};

// A forked child has none of the workers, and perhaps a mutex that a thread of the parent held: it
// leaves the old pool alone and makes its own.
void forget_pool() { current_pool.store(nullptr); }

// Never destroyed: at exit the workers sleep on it until the process is gone.
Pool& pool() {
  static const int registered = pthread_atfork(nullptr, nullptr, forget_pool);
  (void)registered;
  Pool* existing = current_pool.load();
  if (existing != nullptr) return *existing;
  Pool* made = new Pool;
  if (current_pool.compare_exchange_strong(existing, made)) return *made;
  delete made;
  return *existing;
}

struct DefaultCount {
  uint32_t count;
  std::string refused;  // the variable's text when it is no number of threads
};

const DefaultCount& default_count() {
  static const DefaultCount value = [] {
    const char* text = std::getenv(kVariable);
    if (text != nullptr && *text != 0) {
      uint32_t count = 0;
      const char* end = text + std::strlen(text);
      const auto [stop, code] = std::from_chars(text, end, count);
      const bool good = code == std::errc() && stop == end && count >= 1 && count <= kMaxThreads;
      if (good) return DefaultCount{count, {}};
      return DefaultCount{std::min(usable_cores(), kMaxThreads), text};
    }
    return DefaultCount{std::min(usable_cores(), kMaxThreads), {}};
  }();
  return value;
}

std::atomic<uint32_t> chosen_count{0};  // by set_num_threads; 0: not chosen

void refuse_bad_variable() {
  if (chosen_count.load(std::memory_order_relaxed) != 0) return;
  const std::string& refused = default_count().refused;
  if (refused.empty()) return;
  const std::string limit = "a whole number from 1 to " + std::to_string(kMaxThreads);
  Error error(ErrorKind::kParameter, "The environment variable " + std::string(kVariable) +
                                         " must be " + limit + ", got '" + refused +
                                         "'. Correct or unset it.");
  throw error.expected(limit).got(refused).hint("Correct or unset it.");
}

}  // namespace

uint32_t num_threads() noexcept {
  const uint32_t chosen = chosen_count.load(std::memory_order_relaxed);
  return chosen != 0 ? chosen : default_count().count;
}

void set_num_threads(uint32_t count) {
  if (count == 0 || count > kMaxThreads) {
    const std::string limit = "a whole number from 1 to " + std::to_string(kMaxThreads);
    const std::string got = std::to_string(count);
    Error error(ErrorKind::kParameter,
                "The number of threads must be " + limit + ", got " + got + ".");
    throw error.expected(limit).got(got);
  }
  chosen_count.store(count, std::memory_order_relaxed);
}

void parallel_for(uint64_t num_items, const Body& body) {
  refuse_bad_variable();
  const uint64_t workers = std::min<uint64_t>(num_threads(), num_items);
  Job job{&body, num_items, static_cast<uint32_t>(workers), {}, {}, {}};
  if (workers > 1 && !inside_body && pool().run(job)) {
    if (job.error) std::rethrow_exception(job.error);
    return;
  }
  const InsideBody inside;
  for (uint64_t item = 0; item < num_items; ++item) body(item, 0);
}

}  // namespace mainspring
