// The answer of the Open Inference Protocol: a tensor for each output, as JSON or as binary data.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "serve/model_context.hpp"

namespace mainspring {

struct WantedOutput {
  uint32_t number;
  std::optional<bool> binary;
};

/// `scores` as predict gives them, num_rows of them; every output says whether it is binary.
void write_infer_answer(const ModelContext& model, const std::optional<std::string>& id,
                        const std::vector<WantedOutput>& outputs, const std::vector<double>& scores,
                        uint64_t num_rows, Reply* reply);

}  // namespace mainspring
