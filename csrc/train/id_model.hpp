// A linear model over ids, and the factorization machine on top of it, learnt row by row: what
// hashed features of any number of buckets need is a weight for each bucket, and nothing dense.
//
// Every id column has a table of weights of its own; numbers have a weight each, and there is a
// bias. Learning is online and in one thread, so the weights follow from the rows and their order
// alone. The sums are those of a network's layers (runtime/models/network), in the same order: an
// exported model gives the very scores that predict_ids() gives.
#pragma once
#include <cstdint>

namespace mainspring {

enum class LinearRule : uint32_t {
  kFtrl = 0,     // of each weight z and n
  kAdagrad = 1,  // of each weight w and n
};

inline constexpr uint32_t kMaxFactors = 256;
inline constexpr uint32_t kMaxIdColumns = 1u << 14;
/// Of sparse rows; of others as many as of ids.
inline constexpr uint32_t kMaxSparseNumbers = 1u << 30;

struct IdModel {
  LinearRule rule;
  uint32_t num_ids;      // columns
  uint32_t num_numbers;  // columns
  uint32_t num_factors;  // of a vector; 0: no factorization machine
  /// Where the weights of each id column begin, and where the last one's end: num_ids + 1. Behind
  /// them come those of the numbers, then the bias.
  const uint64_t* starts;
  float* weights;  // two numbers each
  float* factors;  // of each weight but the bias num_factors values, then as many sums of squares
  float rate, smoothing, l1, l2;
  float factor_rate, factor_l2;

  uint64_t num_vectors() const { return starts[num_ids] + num_numbers; }
  uint64_t num_weights() const { return num_vectors() + 1; }
};

/// Features row by row, as the engine writes them. Numbers are all there, or, where starts is not
/// null, those that are not 0: row r has the entries [starts[r], starts[r + 1]), each a number and
/// its column, columns ascending. Both give the same bits: a number of 0 changes nothing.
struct IdRows {
  const int32_t* ids;
  const float* numbers;
  uint64_t num_rows;
  const int64_t* starts = nullptr;
  const int32_t* columns = nullptr;
};

enum class BadValue : uint32_t { kNone, kId, kNumber, kLabel, kWeight };

/// The first value that cannot be learnt from or scored.
struct BadPlace {
  BadValue what;
  uint64_t row;
  uint32_t column;  // of ids or of numbers
};

/// Ids lie in their tables, numbers are finite; labels, where there are any, are 0 or 1, and
/// weights finite and not negative. What follows checks nothing.
BadPlace find_bad_value(const IdModel& model, const IdRows& rows, const float* labels,
                        const float* row_weights);

/// One step of gradient descent on the log loss for each row. Returns the sum of weight * loss of
/// each row as it was predicted before its own step, and adds up the weights in *total_weight.
double learn_ids(const IdModel& model, const IdRows& rows, const float* labels,
                 const float* row_weights, double* total_weight);

/// Of each row the raw score, or the probability of the second class.
void predict_ids(const IdModel& model, const IdRows& rows, bool probability, double* scores);

/// The weights themselves, num_weights() of them: of FTRL what z and n say.
void effective_weights(const IdModel& model, float* out);

/// Vectors between -scale and scale, each number by the hash of its place and the seed; squares 0.
void draw_factors(const IdModel& model, uint64_t seed, float scale);

}  // namespace mainspring
