// What a lookup in embedding tables is given: tables, bags of ids, and the rule that updates rows.
#pragma once
#include <cstdint>

namespace mainspring::train {

enum class RowType : uint8_t { kFloat32, kBfloat16, kFloat16 };

enum class Update : uint8_t {
  kGradient,  // no update: the dense gradient is written to `first`
  kSgd,
  kAdagrad,
  kRowWiseAdagrad,
  kAdam,
  kPartialRowWiseAdam,
  kFtrl,
};

/// Rows of `width` numbers. States are float32: one number an element, or one a row.
struct Table {
  void* rows;
  float* first;   // Adagrad's sum, Adam's mean, FTRL's z
  float* second;  // Adam's second moment, FTRL's n
  int64_t num_rows;
  int64_t width;
  RowType type;
  uint64_t number;  // tells the random roundings of tables apart
};

/// The bags of one table: ids [offsets[b], offsets[b + 1]) of `ids`, or one id each.
struct Bags {
  const void* ids;  // of all tables
  bool wide_ids;    // int64, else int32
  const int64_t* offsets;
  int64_t first_id;      // where the table's ids begin
  int64_t num_ids;       // of the table
  const float* weights;  // of all ids, or null
  int64_t num_bags;
  int64_t column;  // where a bag's numbers stand in the output: bag * stride + column
  int64_t stride;
  bool mean;
  /// Of pair products: a factor a bag, times which a row is taken off its own gradient; or null.
  const float* own_factors = nullptr;

  int64_t id(int64_t place) const {
    return wide_ids ? static_cast<const int64_t*>(ids)[place]
                    : static_cast<const int32_t*>(ids)[place];
  }
  int64_t begin(int64_t bag) const { return offsets != nullptr ? offsets[bag] : first_id + bag; }
  float scale(int64_t bag) const {
    return mean ? 1.0F / static_cast<float>(begin(bag + 1) - begin(bag)) : 1.0F;
  }
};

/// How a touched row is updated with the sum of its gradients.
struct Rule {
  Update update;
  float learning_rate;
  float epsilon;
  float beta1, beta2;
  float correction1, correction2;  // of Adam's moments at this step: 1 - beta^step
  float weight_decay;
  bool decoupled;
  float clip_value;    // infinity: none
  float clip_norm;     // of the row's gradient; infinity: none
  float l1, l2, beta;  // of FTRL
  bool stochastic;     // rounding of short rows
  uint64_t seed;       // of this step
};

}  // namespace mainspring::train
