// An Arrow IPC stream in, one out: what costs least to read for many rows.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "serve/model_context.hpp"

namespace mainspring {

/// Writes a stream with a column for each output, or the JSON of predict_request.hpp, onto *out and
/// returns the number of rows. Throws Error.
uint64_t answer_arrow(const ModelContext& model, std::span<const uint8_t> body,
                      const RequestForm& form, std::string* out);

}  // namespace mainspring
