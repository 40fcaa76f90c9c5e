// Learning over ids: guarded arrays stay as they are, padding and sizes of all kinds, bad values.
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "train/id_model.hpp"
#include "train/rows.hpp"

namespace {

using namespace mainspring;

struct Guarded {
  explicit Guarded(uint64_t count) : values(count + 2, 0.0f) {
    values.front() = values.back() = -7.5f;
  }
  float* data() { return values.data() + 1; }
  bool is_whole() const { return values.front() == -7.5f && values.back() == -7.5f; }
  std::vector<float> values;
};

/// The same passes over the numbers that are not 0 alone: the same bits.
void learn_without_zeros(IdModel model, const IdRows& dense, const float* labels,
                         const Guarded& weights, const Guarded& factors) {
  Guarded own_weights(weights.values.size() - 2), own_factors(factors.values.size() - 2);
  model.weights = own_weights.data();
  model.factors = own_factors.data();
  if (model.num_factors != 0) draw_factors(model, 3, 0.1f);
  std::vector<int64_t> starts{0};
  std::vector<int32_t> columns;
  std::vector<float> values;
  for (uint64_t row = 0; row < dense.num_rows; ++row) {
    for (uint32_t i = 0; i < model.num_numbers; ++i) {
      const float value = dense.numbers[row * model.num_numbers + i];
      if (value == 0) continue;
      columns.push_back(static_cast<int32_t>(i));
      values.push_back(value);
    }
    starts.push_back(static_cast<int64_t>(values.size()));
  }
  const IdRows rows{dense.ids, values.data(), dense.num_rows, starts.data(), columns.data()};
  check(find_bad_value(model, rows, labels, nullptr).what == BadValue::kNone, "no bad value");
  double total = 0;
  for (int pass = 0; pass < 20; ++pass) learn_ids(model, rows, labels, nullptr, &total);
  check(own_weights.values == weights.values, "own_weights.values == weights.values");
  check(own_factors.values == factors.values, "own_factors.values == factors.values");
  if (values.empty()) return;
  values.back() = INFINITY;
  const BadPlace bad = find_bad_value(model, rows, labels, nullptr);
  check(bad.what == BadValue::kNumber && bad.column == static_cast<uint32_t>(columns.back()),
        "bad.what == BadValue::kNumber");
}

void learn_and_predict(uint32_t num_ids, uint32_t num_numbers, uint32_t num_factors,
                       LinearRule rule) {
  std::vector<uint64_t> starts{0};
  for (uint32_t i = 0; i < num_ids; ++i) starts.push_back(starts.back() + 3 + i % 5);
  IdModel model{rule, num_ids, num_numbers, num_factors, starts.data(), nullptr, nullptr,
                0.5f, 1.0f,    0.0f,        0.01f,       0.1f,          0.0f};
  Guarded weights(2 * model.num_weights());
  Guarded factors(2 * model.num_vectors() * num_factors);
  model.weights = weights.data();
  model.factors = factors.data();
  if (num_factors != 0) draw_factors(model, 3, 0.1f);
  constexpr uint64_t kRows = 37;
  std::vector<int32_t> ids(kRows * num_ids);
  std::vector<float> numbers(kRows * num_numbers);
  std::vector<float> labels(kRows);
  for (uint64_t row = 0; row < kRows; ++row) {
    for (uint32_t i = 0; i < num_ids; ++i) {
      ids[row * num_ids + i] = static_cast<int32_t>((row * 7 + i * 3) % (3 + i % 5));
    }
    for (uint32_t i = 0; i < num_numbers; ++i) {
      numbers[row * num_numbers + i] = static_cast<float>((row + i) % 5) - 2.0f;
    }
    labels[row] = static_cast<float>(row % 2);
  }
  const IdRows rows{ids.data(), numbers.data(), kRows};
  check(find_bad_value(model, rows, labels.data(), nullptr).what == BadValue::kNone,
        "find_bad_value(model, rows, labels.data(");
  double total = 0, first = 0, last = 0;
  for (int pass = 0; pass < 20; ++pass) {
    total = 0;
    last = learn_ids(model, rows, labels.data(), nullptr, &total);
    if (pass == 0) first = last;
  }
  check(total == kRows, "total == kRows");
  check(last < first, "last < first");
  check(weights.is_whole(), "weights.is_whole()");
  check(factors.is_whole(), "factors.is_whole()");
  learn_without_zeros(model, rows, labels.data(), weights, factors);
  std::vector<double> scores(kRows), chances(kRows);
  predict_ids(model, rows, false, scores.data());
  predict_ids(model, rows, true, chances.data());
  for (uint64_t row = 0; row < kRows; ++row) {
    check(std::abs(chances[row] - 1 / (1 + std::exp(-scores[row]))) < 1e-12,
          "std::abs(chances[row] - 1 / (1 + std::ex");
  }
  if (num_ids != 0) {
    ids[5 * num_ids + num_ids - 1] = static_cast<int32_t>(3 + (num_ids - 1) % 5);
    const BadPlace bad = find_bad_value(model, rows, labels.data(), nullptr);
    check(bad.what == BadValue::kId && bad.row == 5 && bad.column == num_ids - 1,
          "bad.what == BadValue::kId && bad.row == ");
    ids[5 * num_ids + num_ids - 1] = -1;
    check(find_bad_value(model, rows, nullptr, nullptr).what == BadValue::kId,
          "find_bad_value(model, rows, nullptr, nul");
  }
}

void gather_and_shuffle() {
  constexpr uint64_t kRows = 100, kWidth = 7;
  std::vector<float> from(kRows * kWidth);
  for (uint64_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i);
  std::vector<int64_t> order(kRows);
  shuffle_numbers(5, 6, kRows, order.data());
  check(rows_exist(order.data(), kRows, kRows), "rows_exist(order.data(), kRows, kRows)");
  check(!rows_exist(order.data(), kRows, kRows - 1), "!rows_exist(order.data(), kRows, kRows -");
  Guarded to(from.size());
  gather_rows(reinterpret_cast<const uint8_t*>(from.data()), kWidth * sizeof(float), order.data(),
              kRows, reinterpret_cast<uint8_t*>(to.data()));
  check(to.is_whole(), "to.is_whole()");
  uint64_t moved = 0;
  for (uint64_t row = 0; row < kRows; ++row) {
    check(to.data()[row * kWidth] == static_cast<float>(order[row] * kWidth),
          "to.data()[row * kWidth] == static_cast<f");
    moved += order[row] != static_cast<int64_t>(row) ? 1 : 0;
  }
  check(moved > 90, "moved > 90");
  shuffle_numbers(5, 6, 0, nullptr);
}

}  // namespace

int main() {
  for (const LinearRule rule : {LinearRule::kFtrl, LinearRule::kAdagrad}) {
    for (const uint32_t num_ids : {0u, 1u, 3u, 15u, 16u, 17u, 39u}) {
      for (const uint32_t num_numbers : {0u, 1u, 5u, 16u}) {
        if (num_ids + num_numbers == 0) continue;
        for (const uint32_t num_factors : {0u, 1u, 8u, 33u}) {
          learn_and_predict(num_ids, num_numbers, num_factors, rule);
        }
      }
    }
  }
  gather_and_shuffle();
  return finish();
}
