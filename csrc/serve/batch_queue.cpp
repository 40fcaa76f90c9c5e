// A request is read twice: for its rows before it waits, and for its answer once there are scores.
// Reading costs a microsecond a row; in return every protocol is answered here by the code that
// answers it alone, and what is wrong with one request never reaches the others of its batch.
#include "serve/batch_queue.hpp"

#include <algorithm>
#include <chrono>

#include "host/error.hpp"
#include "serve/request_trace.hpp"

namespace mainspring {
namespace {

// Requests that name no priority stand between those that are urgent and those that are not.
constexpr uint32_t kUsualPriority = 128;
constexpr uint32_t kLastPriority = 255;

uint32_t level_of(const Demand& demand) {
  return demand.priority == 0
             ? kUsualPriority
             : static_cast<uint32_t>(std::min<uint64_t>(demand.priority, kLastPriority));
}

}  // namespace

BatchQueue::BatchQueue(std::shared_ptr<ServedModel> model, std::shared_ptr<BatchPort> port,
                       const BatchLimits& limits)
    : model_(std::move(model)),
      port_(std::move(port)),
      limits_(limits),
      batches_(model_->counter_key("batches"), 1) {
  if (limits.max_rows == 0 || limits.max_queued_rows == 0 || limits.num_threads == 0) {
    throw Error(ErrorKind::kParameter,
                "A batch has at least one row, one row waiting and one thread.");
  }
  for (uint32_t i = 0; i < limits.num_threads; ++i) threads_.emplace_back([this] { work(); });
}

BatchQueue::~BatchQueue() {
  {
    const std::lock_guard locked(lock_);
    is_ended_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

BatchQueue::Submitted BatchQueue::submit(const RequestForm& form, std::string body, std::string id,
                                         Demand demand, uint64_t ticket, Reply* reply) {
  if (!model_->takes_batches(form)) return Submitted::kAlone;
  {
    const std::lock_guard locked(lock_);
    if (queued_rows_ >= limits_.max_queued_rows) return Submitted::kFull;
  }
  auto request =
      std::make_unique<Request>(Request{form, std::move(body), std::move(id), ticket, nanos_now(),
                                        0, UINT64_MAX, model_->empty_rows()});
  if (!model_->read_rows(form, request->body, &request->rows, &demand, reply)) {
    return Submitted::kAnswered;
  }
  const uint64_t num_rows = request->rows.num_rows();
  if (num_rows > limits_.max_rows) return Submitted::kAlone;
  request->read_ns = nanos_now() - request->queued_ns;
  if (demand.timeout_ns != 0 && demand.timeout_ns < UINT64_MAX - request->queued_ns) {
    request->deadline_ns = request->queued_ns + demand.timeout_ns;
  }
  {
    const std::lock_guard locked(lock_);
    waiting_[level_of(demand)].push_back(std::move(request));
    queued_rows_ += num_rows;
  }
  wake_.notify_one();
  return Submitted::kQueued;
}

bool BatchQueue::cancel(uint64_t ticket) {
  const std::lock_guard locked(lock_);
  for (auto& [level, requests] : waiting_) {
    const auto found =
        std::find_if(requests.begin(), requests.end(),
                     [ticket](const auto& request) { return request->ticket == ticket; });
    if (found == requests.end()) continue;
    queued_rows_ -= (*found)->rows.num_rows();
    requests.erase(found);
    return true;
  }
  return false;
}

uint64_t BatchQueue::queued_rows() const {
  const std::lock_guard locked(lock_);
  return queued_rows_;
}

double BatchQueue::seconds_per_row() const {
  const std::lock_guard locked(lock_);
  return seconds_per_row_;
}

void BatchQueue::work() {
  std::unique_lock locked(lock_);
  while (true) {
    wake_.wait(locked, [this] { return is_ended_ || queued_rows_ != 0; });
    if (limits_.delay_ns != 0) {
      wake_.wait_for(locked, std::chrono::nanoseconds(limits_.delay_ns),
                     [this] { return is_ended_ || queued_rows_ >= limits_.max_rows; });
    }
    if (is_ended_) return;
    std::vector<BatchedReply> late;
    Batch batch = take_batch(&late);
    if (queued_rows_ != 0) wake_.notify_one();
    locked.unlock();
    if (!late.empty()) port_->put(std::move(late));
    const uint64_t begun = nanos_now();
    uint64_t num_rows = 0;
    for (const auto& request : batch) num_rows += request->rows.num_rows();
    if (!batch.empty()) port_->put(answer(batch));
    locked.lock();
    if (num_rows == 0) continue;
    const double each =
        static_cast<double>(nanos_now() - begun) * 1e-9 / static_cast<double>(num_rows);
    seconds_per_row_ += 0.2 * (each - seconds_per_row_);
  }
}

/// The most urgent requests that ask for one output, as many rows as a batch has. Those whose time
/// is over go to *late.
BatchQueue::Batch BatchQueue::take_batch(std::vector<BatchedReply>* late) {
  Batch batch;
  uint64_t num_rows = 0;
  const uint64_t now = nanos_now();
  for (auto& [level, requests] : waiting_) {
    for (auto at = requests.begin(); at != requests.end();) {
      const uint64_t rows = (*at)->rows.num_rows();
      if ((*at)->deadline_ns < now) {
        late->push_back({(*at)->ticket, model_->refuse_late((*at)->form, now - (*at)->queued_ns)});
      } else if (num_rows + rows > limits_.max_rows) {
        return batch;  // whoever comes behind must not overtake it
      } else if (!batch.empty() && batch.front()->form.output() != (*at)->form.output()) {
        ++at;
        continue;
      } else {
        num_rows += rows;
        batch.push_back(std::move(*at));
      }
      queued_rows_ -= rows;
      at = requests.erase(at);
    }
  }
  return batch;
}

std::vector<BatchedReply> BatchQueue::answer(Batch& batch) {
  const uint64_t begun = nanos_now();
  std::vector<double> scores;
  uint64_t num_rows = 0;
  for (const auto& request : batch) num_rows += request->rows.num_rows();
  try {
    BatchRows all = model_->empty_rows();
    for (const auto& request : batch) {
      all.append(request->rows.views().data(), request->rows.num_rows());
    }
    scores = model_->predict_batch(all, batch.front()->form.output());
  } catch (const std::exception&) {  // no memory for all of them together
  }
  batches_.add(0, 1);
  const uint64_t width = scores.size() / num_rows;
  const uint64_t each_ns = (nanos_now() - begun) / num_rows;
  const double* from = scores.data();
  std::vector<BatchedReply> replies;
  for (const auto& request : batch) {
    const std::span<const uint8_t> body(reinterpret_cast<const uint8_t*>(request->body.data()),
                                        request->body.size());
    const uint64_t own_rows = request->rows.num_rows();
    if (width == 0) {
      replies.push_back({request->ticket, model_->answer(request->form, body, request->id)});
      continue;
    }
    const BatchedTimes times{request->read_ns, begun - request->queued_ns - request->read_ns,
                             own_rows * each_ns};
    const std::span<const double> own(from, own_rows * width);
    from += own_rows * width;
    replies.push_back(
        {request->ticket, model_->answer_batched(request->form, body, own, request->id, times)});
  }
  return replies;
}

}  // namespace mainspring
