// Every request goes through answer(): counted, timed, and errors made into replies.
#include "serve/served_model.hpp"

#include <chrono>
#include <new>

#include "host/predict_json.hpp"
#include "serve/infer_request.hpp"
#include "serve/json_text.hpp"
#include "serve/predict_request.hpp"

namespace mainspring {
namespace {

Reply refuse(int status, std::string_view message) {
  std::string body = "{\"error\":";
  append_text(message, &body);
  body += '}';
  return {status, std::move(body)};
}

Outcome outcome_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kData: return Outcome::kData;
    case ErrorKind::kSchema: return Outcome::kSchema;
    default: return Outcome::kRequest;
  }
}

}  // namespace

ServedModel::ServedModel(std::shared_ptr<const BundleImage> image, ModelNames names,
                         uint64_t max_rows)
    : image_(std::move(image)),
      names_(std::move(names)),
      max_rows_(max_rows),
      schema_(image_->view().plan) {}

template <class Answer>
Reply ServedModel::answer(Protocol protocol, const Answer& make) noexcept {
  const auto started = std::chrono::steady_clock::now();
  Outcome outcome = Outcome::kOk;
  uint64_t num_rows = 0;
  Reply reply{200, {}};
  try {
    num_rows = make(&reply.body);
  } catch (const LimitError& error) {
    outcome = Outcome::kLimit;
    reply = refuse(413, error.message());
  } catch (const Error& error) {
    outcome = outcome_of(error);
    reply = refuse(400, error.message());
  } catch (const std::exception&) {  // bad_alloc, length_error
    outcome = Outcome::kBusy;
    reply = {503, "{\"error\":\"There is no memory for this request.\"}"};
  }
  const auto elapsed = std::chrono::steady_clock::now() - started;
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count();
  counters_[static_cast<size_t>(protocol)].count(outcome, num_rows, static_cast<uint64_t>(nanos));
  return reply;
}

Reply ServedModel::predict(std::span<const uint8_t> body, OutputKind kind) noexcept {
  return answer(Protocol::kRows, [&](std::string* out) {
    return answer_predict({*image_, schema_, names_, max_rows_}, body, kind, out);
  });
}

Reply ServedModel::infer(std::span<const uint8_t> body) noexcept {
  return answer(Protocol::kInfer, [&](std::string* out) {
    return answer_infer({*image_, schema_, names_, max_rows_}, body, out);
  });
}

}  // namespace mainspring
