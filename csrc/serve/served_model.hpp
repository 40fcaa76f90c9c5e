// A bundle that answers requests: bytes in, a status and bytes out. Nothing that a client sends
// throws, crashes or stays in memory. Safe to call from many threads.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/bundle_image.hpp"
#include "host/json_schema.hpp"
#include "runtime/predictor/predict.hpp"
#include "serve/counters.hpp"

namespace mainspring {

/// The answer to a request: 200 with predictions, or {"error": "..."}: 400 for what the client
/// wrote, 413 for too many rows, 503 when there is no memory left.
struct Reply {
  int status;
  std::string body;
};

/// What a model is called in answers.
struct ModelNames {
  std::string name;
  std::string version;
  std::vector<std::string> outputs;  // one for each value of predict
};

class ServedModel {
 public:
  ServedModel(std::shared_ptr<const BundleImage> image, ModelNames names, uint64_t max_rows);

  /// JSON rows (runtime/json/read_rows.hpp) or {"columns": {"name": [...]}}:
  /// {"outputs": [names], "predictions": [...]}.
  Reply predict(std::span<const uint8_t> body, OutputKind kind) noexcept;

  /// A request of the Open Inference Protocol, version 2, in JSON.
  Reply infer(std::span<const uint8_t> body) noexcept;

  const Counters& counters(Protocol protocol) const {
    return counters_[static_cast<size_t>(protocol)];
  }

 private:
  template <class Answer>
  Reply answer(Protocol protocol, const Answer& make) noexcept;

  std::shared_ptr<const BundleImage> image_;
  ModelNames names_;
  uint64_t max_rows_;
  JsonSchema schema_;
  std::array<Counters, kNumProtocols> counters_;
};

}  // namespace mainspring
