// Requests of one model wait here until some are predicted together: rows are what counts, not
// requests. For models whose rows cost less together than alone, networks above all.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "serve/batch_port.hpp"
#include "serve/batch_rows.hpp"
#include "serve/counter_block.hpp"
#include "serve/served_model.hpp"

namespace mainspring {

struct BatchLimits {
  uint32_t max_rows = 256;           // of a batch
  uint64_t delay_ns = 0;             // how long the first request of a batch waits for more
  uint64_t max_queued_rows = 16384;  // one more request is refused
  uint32_t num_threads = 1;
};

class BatchQueue {
 public:
  enum class Submitted {
    kQueued,    // the answer comes through the port
    kAnswered,  // what is wrong with it, or that it has no rows, was seen at once
    kAlone,     // a batch has no room for it, or the model takes none: answer it alone
    kFull,      // too many rows wait
  };

  /// Throws Error(kParameter) for limits that are 0.
  BatchQueue(std::shared_ptr<ServedModel> model, std::shared_ptr<BatchPort> port,
             const BatchLimits& limits);
  /// Ends when the batch at work is answered; what waits then is dropped.
  ~BatchQueue();
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  /// Reads the request on the calling thread. `demand` is what its headers ask for; what its body
  /// asks for comes before that.
  Submitted submit(const RequestForm& form, std::string body, std::string id, Demand demand,
                   uint64_t ticket, Reply* reply);
  /// False when it is not waiting any more.
  bool cancel(uint64_t ticket);

  uint64_t queued_rows() const;
  /// What a row takes, as it was lately.
  double seconds_per_row() const;
  uint64_t num_batches() const { return batches_.sum()[0]; }

 private:
  struct Request {
    RequestForm form;
    std::string body;
    std::string id;
    uint64_t ticket;
    uint64_t queued_ns;
    uint64_t read_ns;      // what reading it took
    uint64_t deadline_ns;  // UINT64_MAX: none
    BatchRows rows;
  };
  using Batch = std::vector<std::unique_ptr<Request>>;

  void work();
  Batch take_batch(std::vector<BatchedReply>* late);
  std::vector<BatchedReply> answer(Batch& batch);

  std::shared_ptr<ServedModel> model_;
  std::shared_ptr<BatchPort> port_;
  BatchLimits limits_;
  CounterBlock batches_;
  mutable std::mutex lock_;
  std::condition_variable wake_;
  // By priority, the most urgent first; in the order in which they came.
  std::map<uint32_t, std::deque<std::unique_ptr<Request>>> waiting_;
  uint64_t queued_rows_ = 0;
  double seconds_per_row_ = 1e-5;
  bool is_ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace mainspring
