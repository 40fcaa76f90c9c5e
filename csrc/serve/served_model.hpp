// A bundle that answers requests: bytes in, a status and bytes out. Nothing that a client sends
// throws, crashes or stays in memory. Safe to call from many threads.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/json_schema.hpp"
#include "serve/batch_rows.hpp"
#include "serve/counters.hpp"
#include "serve/model_context.hpp"
#include "serve/request_trace.hpp"
#include "serve/row_counts.hpp"

namespace mainspring {

/// What a request of a batch has taken until its answer is written.
struct BatchedTimes {
  uint64_t read_ns;     // to read its rows
  uint64_t waited_ns;   // from then to its batch
  uint64_t predict_ns;  // of its batch, for its own rows
};

class ServedModel {
 public:
  /// `counts_values`: the values of requests are counted, for drift.
  ServedModel(std::shared_ptr<const BundleImage> image, ModelNames names, uint64_t max_rows,
              bool counts_values);

  /// `id`: of the request, where predictions are kept; `waited_ns`: how long the whole body has
  /// waited for this call.
  Reply answer(const RequestForm& form, std::span<const uint8_t> body, std::string_view id = {},
               uint64_t waited_ns = 0) noexcept;

  /// From now on predictions are kept for their labels, the last `num_rows`; before any is
  /// answered.
  void keep_predictions(uint32_t num_rows);
  /// The prediction of a row of a request, or the number of its class; given once.
  std::optional<double> take_prediction(std::string_view id, uint64_t row) noexcept;

  /// Whether rows of such requests can be predicted together with those of others: not lists, and
  /// not Arrow, which is a batch already.
  bool takes_batches(const RequestForm& form) const;
  BatchRows empty_rows() const { return BatchRows(image_->view().plan.num_inputs); }
  /// True: *rows has the rows of a request, and *demand what it asks for. False: *reply answers it.
  bool read_rows(const RequestForm& form, std::string_view body, BatchRows* rows, Demand* demand,
                 Reply* reply) noexcept;
  /// Scores of all rows, one behind the other. May throw std::bad_alloc.
  std::vector<double> predict_batch(BatchRows& rows, OutputKind kind) const;
  /// Answers a request whose rows have these scores.
  Reply answer_batched(const RequestForm& form, std::span<const uint8_t> body,
                       std::span<const double> scores, std::string_view id,
                       const BatchedTimes& times) noexcept;
  /// Answers one whose time was over before its turn.
  Reply refuse_late(const RequestForm& form, uint64_t waited_ns) noexcept;

  std::string counter_key(std::string_view what) const;

  /// No answer to so long a body is longer.
  uint64_t most_answer_bytes(Protocol protocol, uint64_t body_bytes) const;

  const Counters& counters() const { return counters_; }
  const RowCounts& row_counts() const { return row_counts_; }

 private:
  uint64_t answer_as(const RequestForm& form, const ModelContext& model,
                     std::span<const uint8_t> body, Reply* reply);
  /// The reply, whatever happens.
  Reply try_answer(const RequestForm& form, std::span<const uint8_t> body, TileObserver* observer,
                   Demand* demand, Outcome* outcome, uint64_t* num_rows) noexcept;
  RequestTrace trace_of(const RequestForm& form, std::string_view id);

  std::shared_ptr<const BundleImage> image_;
  ModelNames names_;
  uint64_t max_rows_;
  bool counts_values_;
  JsonSchema schema_;
  uint64_t most_head_bytes_ = 0, most_row_bytes_ = 0;  // of answers
  Counters counters_;
  RowCounts row_counts_;
  std::unique_ptr<PredictionMemory> kept_;
};

}  // namespace mainspring
