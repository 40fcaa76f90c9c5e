// The Open Inference Protocol, version 2, in JSON: one tensor for each column, one for each output.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "serve/model_context.hpp"

namespace mainspring {

/// Writes the answer onto *out and returns the number of rows. Throws Error.
uint64_t answer_infer(const ModelContext& model, std::span<const uint8_t> body, std::string* out);

}  // namespace mainspring
