// The part of a served model that answers in batches: rows out of a request, scores back into it.
#include <chrono>
#include <new>

#include "host/predict_sparse.hpp"
#include "host/scratch.hpp"
#include "runtime/predictor/predict.hpp"
#include "serve/served_model.hpp"

namespace mainspring {
namespace {

/// Keeps the rows, and lets an answer be written that nobody gets.
class RowCollector final : public TileObserver {
 public:
  explicit RowCollector(BatchRows* rows) : rows_(rows) {}
  void on_read(const ColumnView*, uint64_t) noexcept override {}
  void on_predicted(const double*, uint64_t) noexcept override {}
  bool gives_scores(const ColumnView* columns, uint64_t num_rows, uint64_t width,
                    double* scores) override {
    rows_->append(columns, num_rows);
    std::fill_n(scores, num_rows * width, 0.0);
    return true;
  }

 private:
  BatchRows* rows_;
};

}  // namespace

uint64_t nanos_now() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

bool ServedModel::takes_batches(const RequestForm& form) const {
  return form.protocol != Protocol::kArrow && !schema_.has_lists();
}

bool ServedModel::read_rows(const RequestForm& form, std::string_view body, BatchRows* rows,
                            Demand* demand, Reply* reply) noexcept {
  RequestTrace trace(nullptr, form.output());
  RowCollector collector(rows);
  Outcome outcome = Outcome::kOk;
  uint64_t num_rows = 0;
  *reply = try_answer(form, {reinterpret_cast<const uint8_t*>(body.data()), body.size()},
                      &collector, demand, &outcome, &num_rows);
  // An answer without rows is right as it is.
  if (reply->status == 200 && rows->num_rows() != 0) return true;
  counters_.count(form.protocol, trace.finish(outcome, num_rows));
  return false;
}

std::vector<double> ServedModel::predict_batch(BatchRows& rows, OutputKind kind) const {
  const BundleView& view = image_->view();
  const std::span<const ColumnView> columns = rows.views();
  std::vector<double> scores(rows.num_rows() * output_width(view, kind));
  if (joins_sparse(view)) {
    predict_joined(*image_, columns.data(), 0, rows.num_rows(), kind, scores.data());
  } else {
    check_texts(predict_rows(view, process_kernels(), columns.data(), 0, rows.num_rows(), kind,
                             thread_scratch(scratch_bytes(view)), thread_texts(), scores.data()));
  }
  return scores;
}

Reply ServedModel::answer_batched(const RequestForm& form, std::span<const uint8_t> body,
                                  std::span<const double> scores, std::string_view id,
                                  const BatchedTimes& times) noexcept {
  RequestTrace trace = trace_of(form, id);
  trace.use(scores);
  trace.add(Phase::kParse, times.read_ns);
  trace.add(Phase::kQueue, times.waited_ns);
  trace.add(Phase::kPredict, times.predict_ns);
  Outcome outcome = Outcome::kOk;
  uint64_t num_rows = 0;
  Reply reply = try_answer(form, body, &trace, nullptr, &outcome, &num_rows);
  counters_.count(form.protocol, trace.finish(outcome, num_rows));
  return reply;
}

Reply ServedModel::refuse_late(const RequestForm& form, uint64_t waited_ns) noexcept {
  RequestTrace trace(nullptr, form.output());
  trace.add(Phase::kQueue, waited_ns);
  counters_.count(form.protocol, trace.finish(Outcome::kLate, 0));
  return {503, "{\"error\":\"The time that this request allowed was over before its turn.\"}", 0};
}

}  // namespace mainspring
