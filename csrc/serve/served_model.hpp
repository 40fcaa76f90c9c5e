// A bundle that answers requests: bytes in, a status and bytes out. Nothing that a client sends
// throws, crashes or stays in memory. Safe to call from many threads.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "host/bundle_image.hpp"
#include "host/json_schema.hpp"
#include "serve/counters.hpp"
#include "serve/model_context.hpp"
#include "serve/row_counts.hpp"

namespace mainspring {

class ServedModel {
 public:
  /// `counts_values`: the values of requests are counted, for drift.
  ServedModel(std::shared_ptr<const BundleImage> image, ModelNames names, uint64_t max_rows,
              bool counts_values);

  Reply answer(const RequestForm& form, std::span<const uint8_t> body) noexcept;

  const Counters& counters() const { return counters_; }
  const RowCounts& row_counts() const { return row_counts_; }

 private:
  uint64_t answer_as(const RequestForm& form, const ModelContext& model,
                     std::span<const uint8_t> body, Reply* reply);

  std::shared_ptr<const BundleImage> image_;
  ModelNames names_;
  uint64_t max_rows_;
  bool counts_values_;
  JsonSchema schema_;
  Counters counters_;
  RowCounts row_counts_;
};

}  // namespace mainspring
