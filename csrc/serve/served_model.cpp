// Every request goes through answer(): counted, timed, and errors made into replies.
#include "serve/served_model.hpp"

#include <algorithm>
#include <new>

#include "runtime/bundle/labels.hpp"
#include "runtime/core/utf8.hpp"
#include "serve/arrow_request.hpp"
#include "serve/infer_request.hpp"
#include "serve/json_text.hpp"
#include "serve/predict_request.hpp"
#include "serve/values_request.hpp"

namespace mainspring {
namespace {

/// Text in which every byte that is no UTF-8 is a replacement character: names of an Arrow stream
/// are quoted in messages as they came.
std::string readable(std::string_view text) {
  std::string found;
  while (true) {
    const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
    const uint64_t length = first_bad_utf8(bytes, text.size());
    found += text.substr(0, length);
    if (length == text.size()) return found;
    found += "\xEF\xBF\xBD";
    text.remove_prefix(length + 1);
  }
}

Reply refuse(int status, std::string_view message) {
  std::string body = "{\"error\":";
  append_text(readable(message), &body);
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

// The longest number that is written, with its comma; a byte of a text takes six as \u0001.
constexpr uint64_t kNumberBytes = 26;
constexpr uint64_t kEscapedBytes = 6;
// What an answer says of itself and of each output, without names.
constexpr uint64_t kHeadBytes = 128;
constexpr uint64_t kOutputBytes = 96;

}  // namespace

ServedModel::ServedModel(std::shared_ptr<const BundleImage> image, ModelNames names,
                         uint64_t max_rows, bool counts_values)
    : image_(std::move(image)),
      names_(std::move(names)),
      max_rows_(max_rows),
      counts_values_(counts_values),
      schema_(image_->view().plan),
      counters_(counter_key("requests")),
      row_counts_(*image_, counter_key("values")) {
  const BundleView& view = image_->view();
  most_head_bytes_ = kHeadBytes + kEscapedBytes * (names_.name.size() + names_.version.size());
  for (const std::string& output : names_.outputs) {
    most_head_bytes_ += kOutputBytes + kEscapedBytes * output.size();
  }
  for (const OutputKind kind : {OutputKind::kPredict, OutputKind::kProba, OutputKind::kRaw}) {
    const uint64_t width = output_width(view, kind);
    most_row_bytes_ = std::max(most_row_bytes_, kNumberBytes * width + 2);
    most_head_bytes_ = std::max(most_head_bytes_, kHeadBytes + kOutputBytes * width);
  }
  const bool has_texts = view.labels.num_labels != 0 && view.labels.type == LabelType::kText;
  for (uint32_t i = 0; has_texts && i < view.labels.num_labels; ++i) {
    const uint64_t label_bytes = kEscapedBytes * label_text(view.labels, i).length + 3;
    most_row_bytes_ = std::max(most_row_bytes_, label_bytes);
  }
}

uint64_t ServedModel::most_answer_bytes(Protocol protocol, uint64_t body_bytes) const {
  const uint64_t least_row_bytes = 2 * std::max<uint64_t>(schema_.fields().size(), 1);
  const uint64_t most_rows = body_bytes / least_row_bytes + 1;
  // An inference request is answered with its id.
  const uint64_t id_bytes = protocol == Protocol::kInfer ? body_bytes : 0;
  return most_head_bytes_ + id_bytes + most_rows * most_row_bytes_;
}

std::string ServedModel::counter_key(std::string_view what) const {
  return std::string(what) + "/" + names_.name + "/" + names_.version;
}

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

Reply ServedModel::try_answer(const RequestForm& form, std::span<const uint8_t> body,
                              TileObserver* observer, Demand* demand, Outcome* outcome,
                              uint64_t* num_rows) noexcept {
  try {
    Reply reply;
    *num_rows =
        answer_as(form, {*image_, schema_, names_, max_rows_, observer, demand}, body, &reply);
    return reply;
  } catch (const LimitError& error) {
    *outcome = Outcome::kLimit;
    return refuse(413, error.message());
  } catch (const Error& error) {
    *outcome = outcome_of(error);
    return refuse(400, error.message());
  } catch (const std::exception&) {  // bad_alloc, length_error
    *outcome = Outcome::kBusy;
    return {503, "{\"error\":\"There is no memory for this request.\"}", 0};
  }
}

RequestTrace ServedModel::trace_of(const RequestForm& form, std::string_view id) {
  RequestTrace trace(counts_values_ ? &row_counts_ : nullptr, form.output());
  if (kept_ != nullptr && !id.empty()) {
    trace.keep(kept_.get(), id, output_width(image_->view(), form.output()));
  }
  return trace;
}

void ServedModel::keep_predictions(uint32_t num_rows) {
  kept_ = std::make_unique<PredictionMemory>(counter_key("kept"), num_rows);
}

std::optional<double> ServedModel::take_prediction(std::string_view id, uint64_t row) noexcept {
  return kept_ == nullptr ? std::nullopt : kept_->take(id, row);
}

Reply ServedModel::answer(const RequestForm& form, std::span<const uint8_t> body,
                          std::string_view id, uint64_t waited_ns) noexcept {
  RequestTrace trace = trace_of(form, id);
  if (waited_ns != 0) trace.add(Phase::kQueue, waited_ns);
  Outcome outcome = Outcome::kOk;
  uint64_t num_rows = 0;
  Reply reply = try_answer(form, body, &trace, nullptr, &outcome, &num_rows);
  counters_.count(form.protocol, trace.finish(outcome, num_rows));
  return reply;
}

}  // namespace mainspring
