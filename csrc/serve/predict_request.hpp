// The plain protocol: JSON rows or columns in, predictions out.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "serve/model_context.hpp"

namespace mainspring {

/// Writes the answer onto *out and returns the number of rows. Throws Error.
uint64_t answer_predict(const ModelContext& model, std::span<const uint8_t> body, OutputKind kind,
                        std::string* out);

}  // namespace mainspring
