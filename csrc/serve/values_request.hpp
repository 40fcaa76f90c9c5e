// {"instances": [...]}, {"inputs": ...}, {"dataframe_split": ...} and {"dataframe_records": ...}:
// what clients of TensorFlow Serving, KServe 1, Vertex AI, MLflow and SageMaker send.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "serve/model_context.hpp"

namespace mainspring {

/// Writes {"predictions": [...]} onto *out, or with kValues and "inputs" {"outputs": [...]};
/// returns the number of rows. Throws Error.
uint64_t answer_values(const ModelContext& model, std::span<const uint8_t> body, Protocol protocol,
                       OutputKind kind, std::string* out);

}  // namespace mainspring
