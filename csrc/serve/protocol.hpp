// How a request reaches a model, and what of it stands outside its body.
#pragma once
#include <array>
#include <cstdint>

#include "runtime/models/output.hpp"

namespace mainspring {

/// The values are the places of counters.
enum class Protocol : uint8_t {
  kRows = 0,         // JSON rows or columns of our own
  kInfer = 1,        // Open Inference Protocol, version 2
  kValues = 2,       // TensorFlow Serving and KServe, version 1
  kInvocations = 3,  // MLflow and SageMaker
  kArrow = 4,        // an Arrow IPC stream
};
inline constexpr uint32_t kNumProtocols = 5;
inline constexpr std::array<const char*, kNumProtocols> kProtocolNames{"rows", "infer", "v1",
                                                                       "invocations", "arrow"};

struct RequestForm {
  Protocol protocol = Protocol::kRows;
  OutputKind kind = OutputKind::kPredict;
  /// Of kInfer: bytes of JSON before the binary tensors; UINT64_MAX: the whole body.
  uint64_t json_bytes = UINT64_MAX;
  /// Of kArrow: answer in Arrow too, not in JSON.
  bool arrow_answer = true;

  /// Inference requests ask for predictions, whatever else is said.
  OutputKind output() const { return protocol == Protocol::kInfer ? OutputKind::kPredict : kind; }
};

}  // namespace mainspring
