// Rows form a chain: a row is scored with the weights that the row before has changed. The bias and
// popular ids make it a chain of latencies, so all that does not hang on the row before is done
// beside it: the ids of the next row are gathered, and their roots taken, while this row's score
// and slope are on their way. A weight that both rows have is then taken over from registers. As
// every column has a table of its own, that is where the ids of a column are equal: one comparison
// of vectors, and what was stored is never waited for.
//
// Sums are those of add_up() in id_model.cpp, in the same order.
#include "train/complete_rows.hpp"

#include <cmath>
#include <cstring>
#include <vector>

#include "train/id_loss.hpp"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace mainspring {

namespace {

constexpr uint32_t kGroup = 4;
constexpr uint32_t kLaneGroups = 4;  // 16 lanes, as in a narrow dense layer
constexpr uint64_t kCompleteRowsAhead = 6;

using Group [[gnu::vector_size(16)]] = float;
using IntGroup [[gnu::vector_size(16)]] = int32_t;
using Pairs [[gnu::vector_size(16)]] = double;  // each a weight's two numbers

constexpr uint32_t num_groups(uint32_t count) { return (count + kGroup - 1) / kGroup; }

inline Group all(float value) { return value - Group{}; }

inline Group root_of(Group x) {
#if defined(__SSE2__)
  return reinterpret_cast<Group>(_mm_sqrt_ps(reinterpret_cast<__m128>(x)));
#else
  return Group{std::sqrt(x[0]), std::sqrt(x[1]), std::sqrt(x[2]), std::sqrt(x[3])};
#endif
}

inline double load_pair(const float* from) {
  double pair;
  std::memcpy(&pair, from, sizeof(pair));
  return pair;
}
inline void store_pair(float* to, double pair) { std::memcpy(to, &pair, sizeof(pair)); }

/// Up to four ids; what is missing is 0.
inline IntGroup some_ids(const int32_t* ids, uint32_t left) {
  IntGroup found{};
  if (left >= kGroup) {
    std::memcpy(&found, ids, sizeof(found));
  } else {
    for (uint32_t k = 0; k < left; ++k) found[k] = ids[k];
  }
  return found;
}

inline float* place(float* table, int32_t id) {
  return table + 2 * static_cast<uint64_t>(static_cast<uint32_t>(id));
}

/// The state of four weights while a row has them, and what they weigh.
struct Weights {
  Group first, squares, roots, values;
};

/// Both rules, written for numbers and for groups of them.
template <LinearRule kRule>
struct Rules {
  explicit Rules(const IdModel& model)
      : rate(model.rate),
        inverse_rate(1 / model.rate),
        smoothing(model.smoothing),
        l1(model.l1),
        l2(model.l2) {}

  Group weigh(Group first, Group roots) const {
    if constexpr (kRule == LinearRule::kAdagrad) return first;
    const Group most = all(l1);
    const Group above = first < -most ? -most : first;
    const Group kept = first - (above > most ? most : above);
    return -kept / ((smoothing + roots) * inverse_rate + l2);
  }

  /// The bias is not held back by penalties.
  float weigh_bias(float first, float root) const {
    if constexpr (kRule == LinearRule::kAdagrad) return first;
    return -first / ((smoothing + root) * inverse_rate);
  }

  template <class Value>
  void step(Value gradient, Value weight, Value old_root, Value root, Value& first) const {
    if constexpr (kRule == LinearRule::kFtrl) {
      first += gradient - (root - old_root) * inverse_rate * weight;
    } else {
      first -= rate * gradient / (smoothing + root);
    }
  }

  void step(Group gradient, Weights& own) const {
    const Group more = own.squares + gradient * gradient;
    const Group root = root_of(more);
    step(gradient, own.values, own.roots, root, own.first);
    own.squares = more;
    own.roots = root;
  }

  float rate, inverse_rate, smoothing, l1, l2;
};

/// Sixteen lanes, and what they come to.
struct Lanes {
  void add(uint32_t group, Group values) { lanes[group % kLaneGroups] += values; }
  void add(uint32_t input, float number, float weight) {
    Group& group = lanes[input / kGroup % kLaneGroups];
    group[input % kGroup] = std::fma(number, weight, group[input % kGroup]);
  }
  float total() const {
    const Group four = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
    return (four[0] + four[2]) + (four[1] + four[3]);
  }

  Group lanes[kLaneGroups] = {};
};

template <LinearRule kRule>
class CompleteRows {
 public:
  CompleteRows(const IdModel& model, const IdRows& rows)
      : model_(model),
        rows_(rows),
        rules_(model),
        id_groups_(num_groups(model.num_ids)),
        number_groups_(num_groups(model.num_numbers)),
        tables_(uint64_t{id_groups_} * kGroup),
        own_(id_groups_ + number_groups_),
        next_(id_groups_) {
    for (uint32_t i = 0; i < tables_.size(); ++i) {
      tables_[i] = i < model.num_ids ? model.weights + 2 * model.starts[i]
                                     : padding_ + 2 * uint64_t{i % kGroup};
    }
    // Padding weighs 0 and stays what it is: its gradients are 0.
    for (uint32_t k = 0; k < kGroup; ++k) padding_[2 * k + 1] = 1;
    numbers_ = model.weights + 2 * model.starts[model.num_ids];
    for (uint32_t g = 0; g < number_groups_; ++g) {
      Weights& group = own_[id_groups_ + g];
      group = {Group{}, all(1), all(1), Group{}};
      for (uint32_t k = 0; k < kGroup && g * kGroup + k < model.num_numbers; ++k) {
        const float* pair = numbers_ + 2 * uint64_t{g * kGroup + k};
        group.first[k] = pair[0];
        group.squares[k] = pair[1];
      }
      group.roots = root_of(group.squares);
    }
    const float* bias = numbers_ + 2 * uint64_t{model.num_numbers};
    bias_ = {bias[0], bias[1], std::sqrt(bias[1])};
  }

  double learn(const float* labels, const float* row_weights, double* total_weight) {
    if (rows_.num_rows == 0) return 0;
    RowLosses losses;
    gather(ids_of(0));
    Lanes lanes = take_all();
    for (uint64_t row = 0; row < rows_.num_rows; ++row) {
      prefetch(row + kCompleteRowsAhead);
      const uint64_t next = row + 1 < rows_.num_rows ? row + 1 : row;
      gather(ids_of(next));
      const float bias = rules_.weigh_bias(bias_.first, bias_.root);
      const float score = with_numbers(row, lanes) + bias;
      const float slope =
          losses.add(score, labels[row], row_weights == nullptr ? 1 : row_weights[row]);
      step_numbers(row, slope);
      step_bias(slope, bias);
      lanes = step_ids(ids_of(row), ids_of(next), slope);
    }
    write_back();
    *total_weight += losses.total_weight();
    return losses.loss();
  }

 private:
  struct Gathered {
    Group first, squares, roots;
  };

  struct Bias {
    float first, squares, root;
  };

  const int32_t* ids_of(uint64_t row) const { return rows_.ids + row * model_.num_ids; }

  // Inlined always: GCC takes a function that only fetches for one without effects, and leaves it
  // out.
  [[gnu::always_inline]] void prefetch(uint64_t row) const {
    if (row >= rows_.num_rows) return;
    const int32_t* ids = ids_of(row);
    for (uint32_t i = 0; i < model_.num_ids; ++i) {
      __builtin_prefetch(place(tables_[i], ids[i]), 1);
    }
  }

  /// Reads the weights of a row, as they are before the row in front of it has learnt.
  void gather(const int32_t* ids) {
    float* const* table = tables_.data();
    uint32_t left = model_.num_ids;
    for (Gathered& group : next_) {
      const IntGroup at = some_ids(ids, left);
      const auto low = reinterpret_cast<Group>(
          Pairs{load_pair(place(table[0], at[0])), load_pair(place(table[1], at[1]))});
      const auto high = reinterpret_cast<Group>(
          Pairs{load_pair(place(table[2], at[2])), load_pair(place(table[3], at[3]))});
      const Group squares = __builtin_shufflevector(low, high, 1, 3, 5, 7);
      group = {__builtin_shufflevector(low, high, 0, 2, 4, 6), squares, root_of(squares)};
      ids += kGroup;
      table += kGroup;
      left -= kGroup;
    }
  }

  float with_numbers(uint64_t row, Lanes& lanes) {
    const float* values = rows_.numbers + row * model_.num_numbers;
    for (uint32_t g = 0; g < number_groups_; ++g) {
      Weights& group = own_[id_groups_ + g];
      group.values = rules_.weigh(group.first, group.roots);
      for (uint32_t k = 0; k < kGroup && g * kGroup + k < model_.num_numbers; ++k) {
        const uint32_t i = g * kGroup + k;
        lanes.add(model_.num_ids + i, values[i], group.values[k]);
      }
    }
    return lanes.total();
  }

  void step_numbers(uint64_t row, float slope) {
    const float* values = rows_.numbers + row * model_.num_numbers;
    for (uint32_t g = 0; g < number_groups_; ++g) {
      Weights& group = own_[id_groups_ + g];
      Group given{};
      for (uint32_t k = 0; k < kGroup && g * kGroup + k < model_.num_numbers; ++k) {
        given[k] = values[g * kGroup + k];
      }
      Group gradient = slope * given;
      // A weight that the row has not got is left alone.
      if (kRule == LinearRule::kAdagrad && rules_.l2 != 0) {
        gradient += given != 0 ? rules_.l2 * group.values : Group{};
      }
      rules_.step(gradient, group);
    }
  }

  void step_bias(float slope, float weight) {
    const float more = bias_.squares + slope * slope;
    const float root = std::sqrt(more);
    rules_.step(slope, weight, bias_.root, root, bias_.first);
    bias_.squares = more;
    bias_.root = root;
  }

  /// The first row has nothing to take over.
  Lanes take_all() {
    Lanes lanes;
    for (uint32_t g = 0; g < next_.size(); ++g) {
      const Gathered& from = next_[g];
      own_[g] = {from.first, from.squares, from.roots, rules_.weigh(from.first, from.roots)};
      lanes.add(g, own_[g].values);
    }
    return lanes;
  }

  /// Moves and stores the weights of a row; takes what the next row has, and adds it up.
  Lanes step_ids(const int32_t* ids, const int32_t* next_ids, float slope) {
    const Rules<kRule> rules = rules_;  // in registers: what is stored cannot change it
    float* const* table = tables_.data();
    Weights* groups = own_.data();
    Group tail{};
    for (uint32_t k = 0; k < model_.num_ids % kGroup; ++k) tail[k] = 1;
    Lanes lanes;
    uint32_t left = model_.num_ids, g = 0;
    for (const Gathered& found : next_) {
      const IntGroup at = some_ids(ids, left), next_at = some_ids(next_ids, left);
      Weights own = groups[g];
      Group gradient = all(slope);
      // FTRL has its penalty in the weights.
      if (kRule == LinearRule::kAdagrad && rules.l2 != 0) gradient += rules.l2 * own.values;
      if (left < kGroup) gradient *= tail;
      rules.step(gradient, own);
      const auto low =
          reinterpret_cast<Pairs>(__builtin_shufflevector(own.first, own.squares, 0, 4, 1, 5));
      const auto high =
          reinterpret_cast<Pairs>(__builtin_shufflevector(own.first, own.squares, 2, 6, 3, 7));
      store_pair(place(table[0], at[0]), low[0]);
      store_pair(place(table[1], at[1]), low[1]);
      store_pair(place(table[2], at[2]), high[0]);
      store_pair(place(table[3], at[3]), high[1]);
      const IntGroup both = at == next_at;
      own.first = both ? own.first : found.first;
      own.squares = both ? own.squares : found.squares;
      own.roots = both ? own.roots : found.roots;
      own.values = rules.weigh(own.first, own.roots);
      lanes.add(g, own.values);
      groups[g++] = own;
      ids += kGroup;
      next_ids += kGroup;
      table += kGroup;
      left -= kGroup;
    }
    return lanes;
  }

  void write_back() {
    for (uint32_t i = 0; i < model_.num_numbers; ++i) {
      const Weights& group = own_[id_groups_ + i / kGroup];
      numbers_[2 * uint64_t{i}] = group.first[i % kGroup];
      numbers_[2 * uint64_t{i} + 1] = group.squares[i % kGroup];
    }
    float* bias = numbers_ + 2 * uint64_t{model_.num_numbers};
    bias[0] = bias_.first;
    bias[1] = bias_.squares;
  }

  const IdModel& model_;
  const IdRows& rows_;
  const Rules<kRule> rules_;
  const uint32_t id_groups_, number_groups_;
  std::vector<float*> tables_;
  std::vector<Weights> own_;    // of this row: ids, then numbers
  std::vector<Gathered> next_;  // of the row behind it
  float padding_[2 * kGroup] = {};
  float* numbers_;
  Bias bias_;
};

}  // namespace

double learn_complete_rows(const IdModel& model, const IdRows& rows, const float* labels,
                           const float* row_weights, double* total_weight) {
  if (model.rule == LinearRule::kFtrl) {
    return CompleteRows<LinearRule::kFtrl>(model, rows).learn(labels, row_weights, total_weight);
  }
  return CompleteRows<LinearRule::kAdagrad>(model, rows).learn(labels, row_weights, total_weight);
}

}  // namespace mainspring
