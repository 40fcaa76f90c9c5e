// The Open Inference Protocol, version 2: one tensor for each column, one for each output, in JSON
// or as binary data behind it.
#pragma once
#include <cstdint>
#include <span>

#include "serve/model_context.hpp"

namespace mainspring {

/// `json_bytes` of the body are JSON, binary tensors stand behind them; UINT64_MAX: all of it is.
/// Writes the answer into *reply and returns the number of rows. Throws Error.
uint64_t answer_infer(const ModelContext& model, std::span<const uint8_t> body, uint64_t json_bytes,
                      Reply* reply);

}  // namespace mainspring
