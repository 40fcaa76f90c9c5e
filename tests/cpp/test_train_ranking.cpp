// Losses of queries on every level: memory of exactly the size that is asked for, results against
// plain loops in float64, and the same bits for any order of workers.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "check.hpp"
#include "train/kernels.hpp"
#include "train/losses/ranking.hpp"
#include "train_workers.hpp"

using namespace mainspring;
using namespace mainspring::train;

namespace {

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

/// The place of each row when the largest comes first, equal ones in their order.
std::vector<int64_t> places_of(const float* values, int64_t count) {
  std::vector<int64_t> order(count), places(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return values[a] > values[b]; });
  for (int64_t k = 0; k < count; ++k) places[order[k]] = k;
  return places;
}

double discount(int64_t place, int64_t cutoff) {
  return cutoff > 0 && place >= cutoff ? 0 : 1 / std::log2(static_cast<double>(place) + 2);
}

double pairs_loss(const float* s, const float* y, int64_t count, bool weighted, int64_t cutoff) {
  const std::vector<int64_t> by_score = places_of(s, count), by_label = places_of(y, count);
  double sum = 0, pairs = 0, ideal = 0;
  for (int64_t i = 0; i < count; ++i) {
    ideal += (std::exp2(y[i]) - 1) * discount(by_label[i], cutoff);
    for (int64_t j = 0; j < count; ++j) {
      if (!(y[i] > y[j])) continue;
      const double weight = (std::exp2(y[i]) - std::exp2(y[j])) *
                            std::abs(discount(by_score[i], cutoff) - discount(by_score[j], cutoff));
      sum += (weighted ? weight : 1) * softplus(static_cast<double>(s[j]) - s[i]);
      ++pairs;
    }
  }
  return weighted ? sum / (ideal > 0 ? ideal : 1) : sum / std::max(pairs, 1.0);
}

double softmax_loss(const float* s, const float* y, int64_t count) {
  double sum = 0, labels = 0, mean = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += std::exp(s[i]);
    labels += std::exp(y[i]);
    mean += std::exp(y[i]) * s[i];
  }
  return count == 0 ? 0 : std::log(sum) - mean / labels;
}

double order_loss(const float* s, const float* y, int64_t count) {
  const std::vector<int64_t> places = places_of(y, count);
  double loss = 0;
  for (int64_t i = 0; i < count; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < count; ++j) {
      if (places[j] >= places[i]) sum += std::exp(s[j]);
    }
    loss += std::log(sum) - s[i];
  }
  return loss;
}

double expected_loss(QueryKind kind, const float* s, const float* y, int64_t count,
                     int64_t cutoff) {
  switch (kind) {
    case QueryKind::kPairwise: return pairs_loss(s, y, count, false, 0);
    case QueryKind::kLambda: return pairs_loss(s, y, count, true, cutoff);
    case QueryKind::kListNet: return softmax_loss(s, y, count);
    case QueryKind::kListMle: return order_loss(s, y, count);
  }
  return 0;
}

void check_queries(const TrainKernels& kernels, QueryKind kind, int64_t cutoff) {
  const std::vector<int64_t> lengths{5, 0, 1, 17, 64, 33, 2, 600, 16, 3};
  std::vector<int32_t> offsets{0};
  for (const int64_t length : lengths) {
    offsets.push_back(offsets.back() + static_cast<int32_t>(length));
  }
  const int64_t rows = offsets.back(), queries = static_cast<int64_t>(lengths.size());
  std::vector<float> scores(rows), labels(rows);
  for (float& score : scores) score = 3 * draw();
  for (float& label : labels) label = std::floor(2.5F * (draw() + 1));
  std::vector<std::vector<float>> results;
  for (const Workers& workers : {kAlone, kBackwards}) {
    std::vector<float> losses(queries), grad(rows);
    QueryLoss loss{};
    loss.kind = kind;
    loss.scores = scores.data();
    loss.labels = labels.data();
    loss.offsets = offsets.data();
    loss.num_queries = queries;
    loss.num_rows = rows;
    loss.cutoff = cutoff;
    loss.losses = losses.data();
    loss.grad = grad.data();
    check(query_losses(loss, kernels, workers), "offsets and labels are good");
    for (int64_t q = 0; q < queries; ++q) {
      const float* y = labels.data() + offsets[q];
      std::vector<float> s(scores.begin() + offsets[q], scores.begin() + offsets[q + 1]);
      const auto value_of = [&] { return expected_loss(kind, s.data(), y, lengths[q], cutoff); };
      const double value = value_of();
      check(std::abs(losses[q] - value) <= 1e-5 * (1 + value), "a query's loss is its formula");
      for (size_t i = 0; i < s.size() && s.size() <= 64; ++i) {
        const float before = s[i], step = 1e-2F;
        s[i] = before + step;
        const double above = value_of(), high = s[i];
        s[i] = before - step;
        const double below = value_of(), low = s[i];
        s[i] = before;
        // A step may change places, and with them the weights of LambdaRank.
        if (kind == QueryKind::kLambda) continue;
        const double slope = (above - below) / (high - low);
        check(std::abs(grad[offsets[q] + i] - slope) <= 1e-3, "a gradient is the slope");
      }
      double sum = 0;
      for (int64_t i = offsets[q]; i < offsets[q + 1]; ++i) sum += grad[i];
      check(std::abs(sum) <= 1e-4, "gradients of a query add up to zero");
    }
    losses.insert(losses.end(), grad.begin(), grad.end());
    results.push_back(losses);
    loss.num_rows += 1;
    check(!query_losses(loss, kernels, workers), "offsets that miss a row are refused");
  }
  check(results[0] == results[1], "losses of any order of workers are the same bits");
}

void check_difference(const TrainKernels& kernels, int64_t count) {
  std::vector<float> a(count), b(count), losses(count), grad(count);
  for (int64_t i = 0; i < count; ++i) {
    a[i] = 5 * draw();
    b[i] = 5 * draw();
  }
  BinaryLoss loss{};
  loss.kind = BinaryKind::kDifference;
  loss.logits = a.data();
  loss.labels = b.data();
  loss.losses = losses.data();
  loss.grad = grad.data();
  loss.grad_scale = 1;
  int64_t bad = 0;
  binary_losses(loss, count, kernels, kBackwards, &bad);
  check(bad == -1, "any two numbers have a difference");
  for (int64_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(a[i]) - b[i];
    check(std::abs(losses[i] - softplus(-x)) <= 1e-5 * (1 + std::abs(x)), "a loss of a pair");
    check(std::abs(grad[i] + 1 / (1 + std::exp(x))) <= 1e-5, "its slope");
  }
}

}  // namespace

int main() {
  for (const IsaLevel level : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
    if (level > detect_isa()) continue;
    const TrainKernels& kernels = train_kernels(level);
    for (const QueryKind kind :
         {QueryKind::kPairwise, QueryKind::kLambda, QueryKind::kListNet, QueryKind::kListMle}) {
      for (const int64_t cutoff : {0, 1, 10}) check_queries(kernels, kind, cutoff);
    }
    for (const int64_t count : {0, 1, 15, 16, 17, 1000}) check_difference(kernels, count);
  }
  return finish();
}
