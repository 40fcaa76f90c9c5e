// FTRL-proximal (H. B. McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013,
// doi:10.1145/2487575.2488200) and Adagrad (J. Duchi et al., JMLR 12, 2011) for logistic regression
// over ids, and factorization machines (S. Rendle, "Factorization Machines", ICDM 2010,
// doi:10.1109/ICDM.2010.127) whose vectors learn by Adagrad.
//
// What a row touches is gathered into short arrays first: square roots and divisions then go
// several at a time without one line per instruction set, and the weights of the rows to come are
// on their way from memory meanwhile.
#include "train/id_model.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/core/hash.hpp"
#include "runtime/core/math.hpp"
#include "train/complete_rows.hpp"
#include "train/id_loss.hpp"

namespace mainspring {

namespace {

/// As in a narrow dense layer (runtime/core/dense_forms.inc): input k adds to lane k % 16.
constexpr uint32_t kLanes = 16;
constexpr uint64_t kRowsAhead = 2;

constexpr uint32_t padded_lanes(uint32_t count) { return (count + kLanes - 1) / kLanes * kLanes; }

/// The numbers of a row: all of them, or some and their columns.
struct RowNumbers {
  RowNumbers(const IdModel& model, const IdRows& rows, uint64_t row) {
    if (rows.starts == nullptr) {
      values = rows.numbers + row * model.num_numbers;
      columns = nullptr;
      count = model.num_numbers;
    } else {
      values = rows.numbers + rows.starts[row];
      columns = rows.columns + rows.starts[row];
      count = static_cast<uint32_t>(rows.starts[row + 1] - rows.starts[row]);
    }
  }
  uint32_t column(uint32_t i) const {
    return columns == nullptr ? i : static_cast<uint32_t>(columns[i]);
  }

  const float* values;
  const int32_t* columns;
  uint32_t count;
};

uint32_t most_numbers(const IdModel& model, const IdRows& rows) {
  if (rows.starts == nullptr) return model.num_numbers;
  int64_t most = 0;
  for (uint64_t row = 0; row < rows.num_rows; ++row) {
    most = std::max(most, rows.starts[row + 1] - rows.starts[row]);
  }
  return static_cast<uint32_t>(most);
}

/// What rows are worked on with; padding is 0.
struct Room {
  Room(const IdModel& model, const IdRows& rows)
      : count(model.num_ids + most_numbers(model, rows)),
        padded(padded_lanes(count + 1)),
        places(count + 1),
        floats(uint64_t{padded} * 5),
        sums(uint64_t{model.num_factors} * 2),
        vectors(uint64_t{count} * model.num_factors) {}

  float* first() { return floats.data(); }
  float* squares() { return floats.data() + padded; }
  float* roots() { return floats.data() + uint64_t{padded} * 2; }
  float* weights() { return floats.data() + uint64_t{padded} * 3; }
  float* gradients() { return floats.data() + uint64_t{padded} * 4; }

  uint32_t count;  // weights of the row but the bias, which stands behind them
  uint32_t padded;
  std::vector<uint64_t> places;
  std::vector<float> floats;
  std::vector<double> sums;
  std::vector<float> vectors;
};

// Inlined always: GCC takes a function that only fetches for one without effects, and leaves it
// out.
[[gnu::always_inline]] inline void prefetch_place(const IdModel& model, uint64_t place) {
  __builtin_prefetch(model.weights + 2 * place, 1);
  if (model.num_factors == 0) return;
  const float* vector = model.factors + place * 2 * model.num_factors;
  for (uint32_t k = 0; k < 2 * model.num_factors; k += 16) __builtin_prefetch(vector + k, 1);
}

/// What a row will touch; numbers that are all there lie where the rows before have them.
[[gnu::always_inline]] inline void prefetch(const IdModel& model, const IdRows& rows,
                                            uint64_t row) {
  if (row >= rows.num_rows) return;
  const int32_t* ids = rows.ids + row * model.num_ids;
  for (uint32_t i = 0; i < model.num_ids; ++i) {
    prefetch_place(model, model.starts[i] + static_cast<uint32_t>(ids[i]));
  }
  if (rows.starts == nullptr) return;
  const RowNumbers numbers(model, rows, row);
  const uint64_t first = model.starts[model.num_ids];
  for (uint32_t i = 0; i < numbers.count; ++i) prefetch_place(model, first + numbers.column(i));
}

/// Weights of FTRL: 0 while |z| <= l1.
void weigh_ftrl(const IdModel& model, uint32_t count, const float* __restrict first,
                const float* __restrict roots, float* __restrict weights) {
  const float inverse_rate = 1 / model.rate;
  const float l1 = model.l1;
  for (uint32_t i = 0; i < count; ++i) {
    const float z = first[i];
    const float above = z < -l1 ? -l1 : z;
    const float kept = z - (above > l1 ? l1 : above);
    weights[i] = -kept / ((model.smoothing + roots[i]) * inverse_rate + model.l2);
  }
}

void gather(const IdModel& model, const IdRows& rows, uint64_t row, const RowNumbers& numbers,
            Room& room) {
  room.count = model.num_ids + numbers.count;
  const int32_t* ids = rows.ids + row * model.num_ids;
  uint64_t* places = room.places.data();
  for (uint32_t i = 0; i < model.num_ids; ++i) {
    places[i] = model.starts[i] + static_cast<uint32_t>(ids[i]);
  }
  const uint64_t first_number = model.starts[model.num_ids];
  for (uint32_t i = 0; i < numbers.count; ++i) {
    places[model.num_ids + i] = first_number + numbers.column(i);
  }
  places[room.count] = first_number + model.num_numbers;
  float* first = room.first();
  float* squares = room.squares();
  for (uint32_t i = 0; i <= room.count; ++i) {
    const float* pair = model.weights + 2 * places[i];
    first[i] = pair[0];
    squares[i] = pair[1];
  }
  float* __restrict roots = room.roots();
  const uint32_t padded = padded_lanes(room.count + 1);
  for (uint32_t i = 0; i < padded; ++i) roots[i] = std::sqrt(squares[i]);
  float* weights = room.weights();
  if (model.rule == LinearRule::kAdagrad) {
    for (uint32_t i = 0; i <= room.count; ++i) weights[i] = first[i];
    return;
  }
  weigh_ftrl(model, room.count, first, roots, weights);
  // The bias is not held back by penalties.
  weights[room.count] =
      -first[room.count] / ((model.smoothing + roots[room.count]) * (1 / model.rate));
}

/// The order of a narrow dense layer: lanes, then their halves, then the bias.
float add_up(const IdModel& model, const RowNumbers& numbers, const Room& room,
             const float* weights) {
  float lanes[kLanes] = {};
  uint32_t i = 0;
  for (; i + kLanes <= model.num_ids; i += kLanes) {
    for (uint32_t k = 0; k < kLanes; ++k) lanes[k] += weights[i + k];
  }
  for (; i < model.num_ids; ++i) lanes[i % kLanes] += weights[i];
  for (uint32_t k = 0; k < numbers.count; ++k) {
    float& lane = lanes[(model.num_ids + numbers.column(k)) % kLanes];
    lane = std::fma(numbers.values[k], weights[i + k], lane);
  }
  for (uint32_t half = kLanes / 2; half != 0; half /= 2) {
    for (uint32_t k = 0; k < half; ++k) lanes[k] += lanes[half + k];
  }
  return lanes[0] + weights[room.count];
}

/// Half of (squared sum - sum of squares); keeps vectors and their sums.
float factorize(const IdModel& model, const RowNumbers& numbers, Room& room) {
  const uint32_t width = model.num_factors;
  double* __restrict sums = room.sums.data();
  double* __restrict squares = sums + width;
  for (uint32_t k = 0; k < 2 * width; ++k) sums[k] = 0;
  float* __restrict to = room.vectors.data();
  for (uint32_t i = 0; i < room.count; ++i, to += width) {
    const float* from = model.factors + room.places[i] * 2 * width;
    if (i < model.num_ids) {
      for (uint32_t k = 0; k < width; ++k) to[k] = from[k];
    } else {
      const float number = numbers.values[i - model.num_ids];
      for (uint32_t k = 0; k < width; ++k) to[k] = number * from[k];
    }
    for (uint32_t k = 0; k < width; ++k) {
      const auto value = static_cast<double>(to[k]);
      sums[k] += value;
      squares[k] += value * value;
    }
  }
  double total = 0;
  for (uint32_t k = 0; k < width; ++k) total += sums[k] * sums[k] - squares[k];
  return static_cast<float>(0.5 * total);
}

float score_row(const IdModel& model, const IdRows& rows, uint64_t row, Room& room) {
  const RowNumbers numbers(model, rows, row);
  gather(model, rows, row, numbers, room);
  const float linear = add_up(model, numbers, room, room.weights());
  return model.num_factors == 0 ? linear : linear + factorize(model, numbers, room);
}

template <LinearRule kRule>
void step_weights(const IdModel& model, uint32_t count, const float* __restrict gradients,
                  const float* __restrict roots, const float* __restrict weights,
                  float* __restrict first, float* __restrict squares) {
  const float inverse_rate = 1 / model.rate;
  for (uint32_t i = 0; i < count; ++i) {
    const float gradient = gradients[i];
    const float more = squares[i] + gradient * gradient;
    const float root = std::sqrt(more);
    if constexpr (kRule == LinearRule::kFtrl) {
      first[i] += gradient - (root - roots[i]) * inverse_rate * weights[i];
    } else {
      first[i] -= model.rate * gradient / (model.smoothing + root);
    }
    squares[i] = more;
  }
}

void step_linear(const IdModel& model, const RowNumbers& numbers, float slope, Room& room) {
  float* gradients = room.gradients();
  for (uint32_t i = 0; i < model.num_ids; ++i) gradients[i] = slope;
  float* behind = gradients + model.num_ids;
  for (uint32_t i = 0; i < numbers.count; ++i) behind[i] = slope * numbers.values[i];
  const float* weights = room.weights();
  // FTRL has its penalty in the weights. Those that the row has not got are left alone.
  const bool is_ftrl = model.rule == LinearRule::kFtrl;
  if (!is_ftrl && model.l2 != 0) {
    for (uint32_t i = 0; i < model.num_ids; ++i) gradients[i] += model.l2 * weights[i];
    for (uint32_t i = 0; i < numbers.count; ++i) {
      if (numbers.values[i] != 0) behind[i] += model.l2 * weights[model.num_ids + i];
    }
  }
  gradients[room.count] = slope;
  const auto step =
      is_ftrl ? &step_weights<LinearRule::kFtrl> : &step_weights<LinearRule::kAdagrad>;
  step(model, room.count + 1, gradients, room.roots(), weights, room.first(), room.squares());
  for (uint32_t i = 0; i <= room.count; ++i) {
    float* pair = model.weights + 2 * room.places[i];
    pair[0] = room.first()[i];
    pair[1] = room.squares()[i];
  }
}

void step_factors(const IdModel& model, const RowNumbers& numbers, float slope, Room& room) {
  const uint32_t width = model.num_factors;
  const double* sums = room.sums.data();
  const float* made = room.vectors.data();
  for (uint32_t i = 0; i < room.count; ++i, made += width) {
    const float number = i < model.num_ids ? 1 : numbers.values[i - model.num_ids];
    if (number == 0) continue;
    const float given = slope * number;
    float* __restrict values = model.factors + room.places[i] * 2 * width;
    float* __restrict squares = values + width;
    for (uint32_t k = 0; k < width; ++k) {
      const float others = static_cast<float>(sums[k]) - made[k];
      const float gradient = given * others + model.factor_l2 * values[k];
      const float more = squares[k] + gradient * gradient;
      values[k] -= model.factor_rate * gradient / (model.smoothing + std::sqrt(more));
      squares[k] = more;
    }
  }
}

}  // namespace

double learn_ids(const IdModel& model, const IdRows& rows, const float* labels,
                 const float* row_weights, double* total_weight) {
  if (model.num_factors == 0 && rows.starts == nullptr) {
    return learn_complete_rows(model, rows, labels, row_weights, total_weight);
  }
  Room room(model, rows);
  RowLosses losses;
  for (uint64_t row = 0; row < rows.num_rows; ++row) {
    prefetch(model, rows, row + kRowsAhead);
    const float score = score_row(model, rows, row, room);
    const float weight = row_weights == nullptr ? 1 : row_weights[row];
    const float slope = losses.add(score, labels[row], weight);
    const RowNumbers numbers(model, rows, row);
    if (model.num_factors != 0) step_factors(model, numbers, slope, room);
    step_linear(model, numbers, slope, room);
  }
  *total_weight += losses.total_weight();
  return losses.loss();
}

void predict_ids(const IdModel& model, const IdRows& rows, bool probability, double* scores) {
  Room room(model, rows);
  for (uint64_t row = 0; row < rows.num_rows; ++row) {
    prefetch(model, rows, row + kRowsAhead);
    const auto score = static_cast<double>(score_row(model, rows, row, room));
    scores[row] = probability ? sigmoid_value(score) : score;
  }
}

void effective_weights(const IdModel& model, float* out) {
  const uint64_t last = model.num_weights() - 1;
  for (uint64_t i = 0; i <= last; ++i) {
    const float* pair = model.weights + 2 * i;
    if (model.rule == LinearRule::kAdagrad) {
      out[i] = pair[0];
      continue;
    }
    const float root = std::sqrt(pair[1]);
    if (i == last) {
      out[i] = -pair[0] / ((model.smoothing + root) * (1 / model.rate));
    } else {
      weigh_ftrl(model, 1, pair, &root, out + i);
    }
    out[i] += 0.0f;  // -0 is 0
  }
}

void draw_factors(const IdModel& model, uint64_t seed, float scale) {
  const uint32_t width = model.num_factors;
  for (uint64_t i = 0; i < model.num_vectors(); ++i) {
    float* values = model.factors + i * 2 * width;
    for (uint32_t k = 0; k < width; ++k) {
      const uint64_t bits = mix_row(seed, i * width + k) >> 40;  // 24 bits: exact in float32
      values[k] = scale * (static_cast<float>(bits) * (2.0f / (1u << 24)) - 1.0f);
      values[width + k] = 0;
    }
  }
}

BadPlace find_bad_value(const IdModel& model, const IdRows& rows, const float* labels,
                        const float* row_weights) {
  std::vector<uint32_t> limits(model.num_ids);
  for (uint32_t i = 0; i < model.num_ids; ++i) {
    limits[i] = static_cast<uint32_t>(model.starts[i + 1] - model.starts[i]);
  }
  for (uint64_t row = 0; row < rows.num_rows; ++row) {
    const int32_t* ids = rows.ids + row * model.num_ids;
    uint32_t bad = 0;  // negative ids are large ones
    for (uint32_t i = 0; i < model.num_ids; ++i) bad |= static_cast<uint32_t>(ids[i]) >= limits[i];
    for (uint32_t i = 0; bad != 0 && i < model.num_ids; ++i) {
      if (static_cast<uint32_t>(ids[i]) >= limits[i]) return {BadValue::kId, row, i};
    }
    const RowNumbers numbers(model, rows, row);
    for (uint32_t i = 0; i < numbers.count; ++i) {
      const float number = numbers.values[i];
      if (number - number != 0) return {BadValue::kNumber, row, numbers.column(i)};
    }
    if (labels != nullptr && labels[row] != 0 && labels[row] != 1) {
      return {BadValue::kLabel, row, 0};
    }
    if (row_weights != nullptr && (!(row_weights[row] >= 0) || std::isinf(row_weights[row]))) {
      return {BadValue::kWeight, row, 0};
    }
  }
  return {BadValue::kNone, 0, 0};
}

}  // namespace mainspring
