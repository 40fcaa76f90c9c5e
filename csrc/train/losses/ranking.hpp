// Losses of the scores of a query, with the gradient of each score.
#pragma once
#include <cstdint>

#include "train/workers.hpp"

namespace mainspring::train {

struct TrainKernels;

enum class QueryKind : uint8_t { kPairwise, kLambda, kListNet, kListMle };

/// Queries are stretches of rows: [offset(q), offset(q + 1)).
struct QueryLoss {
  QueryKind kind;
  const float* scores;
  const float* labels;
  const void* offsets;
  bool wide_offsets;  // int64, else int32
  int64_t num_queries;
  int64_t num_rows;
  int64_t cutoff;  // of kLambda: places that count; 0: all
  float* losses;   // one a query
  float* grad;     // or null: d (loss of the row's query) / d score

  int64_t offset(int64_t query) const {
    return wide_offsets ? static_cast<const int64_t*>(offsets)[query]
                        : static_cast<const int32_t*>(offsets)[query];
  }
};

/// Rows of one query with the largest labels first. Arrays have room for a whole register behind
/// the last row.
struct QueryRows {
  const float* scores;
  const float* labels;
  const float* gains;      // of kLambda, else null: 2^label - 1
  const float* discounts;  // of kLambda: of the place that a row's score has
  float factor;            // of every pair
  int64_t count;
  float* run;    // zeros: gradients of the last few rows
  double* grad;  // zeros; the result
};

/// Whether offsets begin with 0, never fall and end with num_rows, and labels are numbers, of
/// kLambda not negative. When not, nothing has been written.
bool query_losses(const QueryLoss& loss, const TrainKernels& kernels, const Workers& workers);

}  // namespace mainspring::train
