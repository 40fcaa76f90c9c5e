// Drivers of the losses of queries: blocks of queries, each of which one thread sorts and sums up.
#include "train/losses/ranking.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "train/kernels.hpp"

namespace mainspring::train {

namespace {

constexpr int64_t kRowsOfBlock = 512;
constexpr int64_t kBehind = 16;  // floats of the widest register

/// Keys whose order is that of falling numbers, equal ones by their place; NaN comes first.
uint64_t falling_key(float value, int64_t place) {
  const auto bits = std::bit_cast<uint32_t>(value + 0.0F);  // -0 is 0
  const uint32_t rising = (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
  const uint32_t falling = value != value ? 0 : ~rising;
  return (uint64_t{falling} << 32) | static_cast<uint32_t>(place);
}

int64_t place_of(uint64_t key) { return static_cast<int64_t>(key & 0xFFFFFFFF); }

/// What a thread needs of memory for the longest query.
struct QueryMemory {
  explicit QueryMemory(int64_t longest)
      : keys(longest),
        scores(longest + kBehind),
        labels(longest + kBehind),
        gains(longest + kBehind),
        discounts(longest + kBehind),
        run(longest + kBehind),
        grad(longest) {}

  std::vector<uint64_t> keys;
  std::vector<float> scores, labels, gains, discounts, run;
  std::vector<double> grad;
};

/// Writes keys of values by falling numbers, in order.
void sort_falling(const float* values, int64_t count, std::vector<uint64_t>& keys) {
  for (int64_t i = 0; i < count; ++i) keys[i] = falling_key(values[i], i);
  std::sort(keys.begin(), keys.begin() + count);
}

float discount_of(const std::vector<float>& discounts, int64_t place, int64_t cutoff) {
  return cutoff == 0 || place < cutoff ? discounts[place] : 0.0F;
}

/// The number of pairs of rows with different labels, which come by falling labels.
double pairs_among(const float* labels, int64_t count) {
  double pairs = 0;
  for (int64_t i = 0, first = 0; i < count; ++i) {
    while (first < count && !(labels[first] < labels[i])) ++first;
    pairs += static_cast<double>(count - first);
  }
  return pairs;
}

double pairs_loss(const QueryLoss& loss, int64_t from, int64_t count,
                  const std::vector<float>& discounts, const TrainKernels& kernels,
                  QueryMemory& memory) {
  const float* scores = loss.scores + from;
  const float* labels = loss.labels + from;
  const bool weighted = loss.kind == QueryKind::kLambda;
  if (weighted) {  // by original place, before the order of labels is known
    sort_falling(scores, count, memory.keys);
    for (int64_t place = 0; place < count; ++place) {
      memory.run[place_of(memory.keys[place])] = discount_of(discounts, place, loss.cutoff);
    }
  }
  sort_falling(labels, count, memory.keys);
  double ideal = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = place_of(memory.keys[i]);
    memory.scores[i] = scores[row];
    memory.labels[i] = labels[row];
    if (!weighted) continue;
    memory.discounts[i] = memory.run[row];
    memory.gains[i] = static_cast<float>(std::exp2(static_cast<double>(labels[row])) - 1);
    ideal += static_cast<double>(memory.gains[i]) * discount_of(discounts, i, loss.cutoff);
  }
  std::fill_n(memory.run.begin(), count + kBehind, 0.0F);
  std::fill_n(memory.grad.begin(), count, 0.0);
  const double over = weighted ? (ideal > 0 ? ideal : 1.0)
                               : std::max(pairs_among(memory.labels.data(), count), 1.0);
  const QueryRows query{memory.scores.data(),
                        memory.labels.data(),
                        weighted ? memory.gains.data() : nullptr,
                        memory.discounts.data(),
                        1.0F,
                        count,
                        memory.run.data(),
                        memory.grad.data()};
  const double total = kernels.query_pairs(query);
  for (int64_t i = 0; loss.grad != nullptr && i < count; ++i) {
    loss.grad[from + place_of(memory.keys[i])] = static_cast<float>(memory.grad[i] / over);
  }
  return total / over;
}

/// The sum of e^x over numbers that come one by one, as sum * e^most.
struct ExpSum {
  double most = -HUGE_VAL, sum = 0;

  void add(double x) {
    if (x > most) {
      sum = sum * std::exp(most - x) + 1;
      most = x;
    } else {
      sum += x == most ? 1.0 : std::exp(x - most);
    }
  }
};

/// Row k of the order is drawn from the rows from k on: log of their sum of e^s, less its own s.
double order_loss(const QueryLoss& loss, int64_t from, int64_t count, QueryMemory& memory) {
  const float* scores = loss.scores + from;
  sort_falling(loss.labels + from, count, memory.keys);
  ExpSum behind;
  double total = 0;
  for (int64_t i = count; i-- > 0;) {
    const double score = scores[place_of(memory.keys[i])];
    behind.add(score);
    memory.grad[i] = behind.most + std::log(behind.sum);
    total += memory.grad[i] - score;
  }
  if (loss.grad == nullptr) return total;
  ExpSum before;  // of minus what rows were drawn from
  for (int64_t i = 0; i < count; ++i) {
    const int64_t row = place_of(memory.keys[i]);
    before.add(-memory.grad[i]);
    const double chances = before.sum * std::exp(before.most + static_cast<double>(scores[row]));
    loss.grad[from + row] = static_cast<float>(chances - 1);
  }
  return total;
}

double loss_of(const QueryLoss& loss, int64_t query, const std::vector<float>& discounts,
               const TrainKernels& kernels, QueryMemory& memory) {
  const int64_t from = loss.offset(query), count = loss.offset(query + 1) - from;
  if (count == 0) return 0;
  switch (loss.kind) {
    case QueryKind::kPairwise:
    case QueryKind::kLambda: return pairs_loss(loss, from, count, discounts, kernels, memory);
    case QueryKind::kListNet:
      return kernels.query_softmax(loss.scores + from, loss.labels + from, count,
                                   memory.scores.data(),
                                   loss.grad == nullptr ? nullptr : loss.grad + from);
    case QueryKind::kListMle: return order_loss(loss, from, count, memory);
  }
  return 0;
}

bool is_good(const QueryLoss& loss) {
  if (loss.offset(0) != 0 || loss.offset(loss.num_queries) != loss.num_rows) return false;
  for (int64_t q = 0; q < loss.num_queries; ++q) {
    if (loss.offset(q + 1) < loss.offset(q)) return false;
  }
  const float least = loss.kind == QueryKind::kLambda ? 0.0F : -HUGE_VALF;
  bool good = true;
  for (int64_t i = 0; i < loss.num_rows; ++i) good = good && loss.labels[i] >= least;
  return good;
}

}  // namespace

bool query_losses(const QueryLoss& loss, const TrainKernels& kernels, const Workers& workers) {
  if (!is_good(loss)) return false;
  std::vector<int64_t> starts{0};  // queries of blocks of about as many rows
  int64_t longest = 0;
  for (int64_t q = 0; q < loss.num_queries; ++q) {
    longest = std::max(longest, loss.offset(q + 1) - loss.offset(q));
    const bool is_whole = loss.offset(q + 1) - loss.offset(starts.back()) >= kRowsOfBlock;
    if (is_whole || q + 1 == loss.num_queries) starts.push_back(q + 1);
  }
  std::vector<float> discounts(loss.kind == QueryKind::kLambda ? longest : 0);
  for (size_t place = 0; place < discounts.size(); ++place) {
    discounts[place] = static_cast<float>(1 / std::log2(static_cast<double>(place) + 2));
  }
  std::vector<QueryMemory> memory(workers.count, QueryMemory(0));
  workers.run(starts.size() - 1, [&](uint64_t block, uint32_t worker) {
    QueryMemory& own = memory[worker];
    if (own.keys.empty()) own = QueryMemory(longest);
    for (int64_t q = starts[block]; q < starts[block + 1]; ++q) {
      loss.losses[q] = static_cast<float>(loss_of(loss, q, discounts, kernels, own));
    }
  });
  return true;
}

}  // namespace mainspring::train
