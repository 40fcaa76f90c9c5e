// Every request goes through answer(): counted, timed, and errors made into replies.
#include "serve/served_model.hpp"

#include <chrono>
#include <new>

#include "serve/arrow_request.hpp"
#include "serve/infer_request.hpp"
#include "serve/json_text.hpp"
#include "serve/predict_request.hpp"
#include "serve/values_request.hpp"

namespace mainspring {
namespace {

Reply refuse(int status, std::string_view message) {
  std::string body = "{\"error\":";
  append_text(message, &body);
  body += '}';
  return {status, std::move(body), 0};
}

Outcome outcome_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kData: return Outcome::kData;
    case ErrorKind::kSchema: return Outcome::kSchema;
    default: return Outcome::kRequest;
  }
}

uint64_t nanos_now() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

/// Times the phases of one request, and counts its values.
class RequestTrace final : public TileObserver {
 public:
  RequestTrace(RowCounts* counts, OutputKind kind)
      : counts_(counts), kind_(kind), started_ns_(nanos_now()), last_ns_(started_ns_) {}

  void on_read(const ColumnView* columns, uint64_t num_rows) noexcept override {
    if (counts_ != nullptr) counts_->count_rows(columns, num_rows);
    end_phase(Phase::kParse);
  }
  void on_predicted(const double* scores, uint64_t num_rows) noexcept override {
    if (counts_ != nullptr && kind_ == OutputKind::kPredict) {
      counts_->count_predictions(scores, num_rows);
    }
    end_phase(Phase::kPredict);
  }
  /// What comes behind the last tile is writing; without a tile all of it was reading.
  RequestCount finish(Outcome outcome, uint64_t num_rows) noexcept {
    end_phase(last_ns_ == started_ns_ ? Phase::kParse : Phase::kWrite);
    return {outcome, num_rows, last_ns_ - started_ns_, phase_ns_};
  }

 private:
  void end_phase(Phase phase) noexcept {
    const uint64_t now = nanos_now();
    phase_ns_[static_cast<size_t>(phase)] += now - last_ns_;
    last_ns_ = now;
  }

  RowCounts* counts_;
  OutputKind kind_;
  uint64_t started_ns_;
  uint64_t last_ns_;
  std::array<uint64_t, kNumPhases> phase_ns_{};
};

std::string counter_key(const char* what, const ModelNames& names) {
  return std::string(what) + "/" + names.name + "/" + names.version;
}

}  // namespace

ServedModel::ServedModel(std::shared_ptr<const BundleImage> image, ModelNames names,
                         uint64_t max_rows, bool counts_values)
    : image_(std::move(image)),
      names_(std::move(names)),
      max_rows_(max_rows),
      counts_values_(counts_values),
      schema_(image_->view().plan),
      counters_(counter_key("requests", names_)),
      row_counts_(*image_, counter_key("values", names_)) {}

uint64_t ServedModel::answer_as(const RequestForm& form, const ModelContext& model,
                                std::span<const uint8_t> body, Reply* reply) {
  switch (form.protocol) {
    case Protocol::kRows: return answer_predict(model, body, form.kind, &reply->body);
    case Protocol::kInfer: return answer_infer(model, body, form.json_bytes, reply);
    case Protocol::kValues:
    case Protocol::kInvocations:
      return answer_values(model, body, form.protocol, form.kind, &reply->body);
    case Protocol::kArrow: return answer_arrow(model, body, form, &reply->body);
  }
  return 0;
}

Reply ServedModel::answer(const RequestForm& form, std::span<const uint8_t> body) noexcept {
  RequestTrace trace(counts_values_ ? &row_counts_ : nullptr, form.kind);
  Outcome outcome = Outcome::kOk;
  uint64_t num_rows = 0;
  Reply reply;
  try {
    num_rows = answer_as(form, {*image_, schema_, names_, max_rows_, &trace}, body, &reply);
  } catch (const LimitError& error) {
    outcome = Outcome::kLimit;
    reply = refuse(413, error.message());
  } catch (const Error& error) {
    outcome = outcome_of(error);
    reply = refuse(400, error.message());
  } catch (const std::exception&) {  // bad_alloc, length_error
    outcome = Outcome::kBusy;
    reply = {503, "{\"error\":\"There is no memory for this request.\"}", 0};
  }
  counters_.count(form.protocol, trace.finish(outcome, num_rows));
  return reply;
}

}  // namespace mainspring
