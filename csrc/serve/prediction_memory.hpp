// Predictions wait here for their labels: by the id of the request and the number of the row, in
// memory of one size that all workers share. The oldest make room for the newest.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "serve/counter_block.hpp"

namespace mainspring {

class PredictionMemory {
 public:
  /// Keeps the last `num_rows` predictions, or about a tenth fewer where ids fall together.
  PredictionMemory(std::string_view key, uint32_t num_rows);

  void put(std::string_view id, uint64_t row, double prediction) noexcept;
  /// Forgets what it gives: a label counts once.
  std::optional<double> take(std::string_view id, uint64_t row) noexcept;

 private:
  uint32_t num_buckets_;
  CounterBlock block_;
};

}  // namespace mainspring
