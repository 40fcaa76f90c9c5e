// Training kernels on every level and odd sizes: memory of exactly the size that is asked for, so
// that the address sanitizer sees a step too far, and results against plain loops in float64.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "train/embedding/lookup.hpp"
#include "train/kernels.hpp"
#include "train/layers/interactions.hpp"
#include "train/losses/losses.hpp"
#include "train/optimizers/optimizers.hpp"
#include "train_workers.hpp"

using namespace mainspring;
using namespace mainspring::train;

namespace {

std::vector<float> drawn(int64_t count) {
  std::vector<float> values(count);
  for (float& value : values) value = draw();
  return values;
}
bool near(double got, double expected, double scale) {
  return std::abs(got - expected) <= 1e-5 * (1 + std::abs(scale));
}

void check_dots(const TrainKernels& kernels, int64_t rows, int64_t vectors, int64_t width) {
  const std::vector<float> x = drawn(rows * vectors * width);
  const int64_t pairs = vectors * (vectors - 1) / 2;
  std::vector<float> out(rows * pairs), again(rows * pairs);
  dot_forward_rows(x.data(), out.data(), rows, vectors, width, kernels, kAlone);
  dot_forward_rows(x.data(), again.data(), rows, vectors, width, kernels, kBackwards);
  check(out == again, "dots of any order of workers are the same bits");
  for (int64_t b = 0; b < rows; ++b) {
    for (int64_t i = 0, k = 0; i < vectors; ++i) {
      for (int64_t j = 0; j < i; ++j, ++k) {
        double sum = 0;
        for (int64_t d = 0; d < width; ++d) {
          sum += static_cast<double>(x[(b * vectors + i) * width + d]) *
                 x[(b * vectors + j) * width + d];
        }
        check(near(out[b * pairs + k], sum, static_cast<double>(width)), "a dot is its sum");
      }
    }
  }
  const std::vector<float> grad = drawn(rows * pairs);
  std::vector<float> dx(x.size()), sums(rows);
  dot_backward_rows(grad.data(), x.data(), dx.data(), rows, vectors, width, kernels, kBackwards);
  pairs_forward_rows(x.data(), sums.data(), rows, vectors, width, kernels, kAlone);
  for (int64_t b = 0; b < rows; ++b) {
    double total = 0;
    for (int64_t k = 0; k < pairs; ++k) total += out[b * pairs + k];
    check(near(sums[b], total, static_cast<double>(width * vectors)), "pairs are the sum of dots");
    for (int64_t i = 0; i < vectors; ++i) {
      for (int64_t d = 0; d < width; ++d) {
        double slope = 0;
        for (int64_t j = 0; j < vectors; ++j) {
          if (i == j) continue;
          const int64_t high = std::max(i, j), low = std::min(i, j);
          slope += static_cast<double>(grad[b * pairs + high * (high - 1) / 2 + low]) *
                   x[(b * vectors + j) * width + d];
        }
        check(near(dx[(b * vectors + i) * width + d], slope, static_cast<double>(vectors)),
              "a slope is its sum");
      }
    }
  }
  pairs_backward_rows(sums.data(), x.data(), dx.data(), rows, vectors, width, kernels, kAlone);
}

/// Two tables of one width; ids with repetitions, an empty bag, and weights or none. A plain rule
/// neither clips nor decays.
void check_tables(const TrainKernels& kernels, int64_t width, RowType type, Update update,
                  bool weighted, bool plain) {
  constexpr int64_t kRows = 9, kBags = 5;
  const std::vector<int64_t> offsets = {0, 3, 3, 4, 9, 11, 12, 12, 14, 15, 20};
  std::vector<int32_t> ids(20);
  for (int32_t& id : ids) id = static_cast<int32_t>((draw() + 1) * 4.49F);
  const std::vector<float> weights = drawn(20);
  const int64_t numbers = 2 * kRows * width;
  const std::vector<float> start = drawn(numbers);
  const std::vector<float> grad = drawn(kBags * 2 * width);
  std::vector<std::vector<float>> results;
  for (const Workers& workers : {kAlone, kBackwards}) {
    std::vector<float> rows = start, out(kBags * 2 * width);
    std::vector<uint16_t> short_rows(numbers, 0x3C00);
    std::vector<float> first(numbers), second(numbers), of_weights(20);
    void* memory = type == RowType::kFloat32 ? static_cast<void*>(rows.data()) : short_rows.data();
    std::vector<Table> tables;
    std::vector<Bags> bags;
    for (int64_t t = 0; t < 2; ++t) {
      const int64_t at = t * kRows * width;
      tables.push_back({static_cast<char*>(memory) + at * (type == RowType::kFloat32 ? 4 : 2),
                        first.data() + at, second.data() + at, kRows, width, type,
                        static_cast<uint64_t>(t)});
      const int64_t begin = offsets[t * kBags];
      bags.push_back({ids.data(), false, offsets.data() + t * kBags, begin,
                      offsets[(t + 1) * kBags] - begin, weighted ? weights.data() : nullptr, kBags,
                      t * width, 2 * width, true});
    }
    const Lookup lookup{tables, bags};
    check(check_ids(lookup, workers).kind == LookupFaultKind::kNone, "ids are rows");
    lookup_forward(lookup, out.data(), kernels, workers);
    const Rule rule{.update = update,
                    .learning_rate = 0.1F,
                    .epsilon = 1e-8F,
                    .beta1 = 0.9F,
                    .beta2 = 0.99F,
                    .correction1 = 0.1F,
                    .correction2 = 0.01F,
                    .weight_decay = plain ? 0.0F : 0.01F,
                    .decoupled = false,
                    .clip_value = plain ? __builtin_inff() : 0.5F,
                    .clip_norm = plain ? __builtin_inff() : 1.0F,
                    .l1 = 0.01F,
                    .l2 = 0.01F,
                    .beta = 1.0F,
                    .stochastic = true,
                    .seed = 3};
    lookup_weight_gradients(lookup, grad.data(), of_weights.data(), kernels, workers);
    lookup_backward(lookup, grad.data(), rule, kernels, workers);
    for (const uint16_t bits : short_rows) rows.push_back(bits);
    for (const auto* more : {&out, &first, &second, &of_weights}) {
      rows.insert(rows.end(), more->begin(), more->end());
    }
    results.push_back(rows);
  }
  check(results[0] == results[1], "tables of any order of workers are the same bits");
  check(!std::equal(start.begin(), start.end(), results[0].begin()) || type != RowType::kFloat32 ||
            update == Update::kGradient,
        "rows change");
  ids[7] = 9;
  std::vector<Table> tables(1, {results[0].data(), nullptr, nullptr, kRows, width, type, 0});
  std::vector<Bags> bags(1,
                         {ids.data(), false, offsets.data(), 0, 20, nullptr, 10, 0, width, false});
  const LookupFault fault = check_ids({tables, bags}, kBackwards);
  check(fault.kind == LookupFaultKind::kId && fault.place == 7 && fault.value == 9,
        "an id that is no row is named");
}

void check_norms(const TrainKernels& kernels, int64_t rows, int64_t width) {
  const std::vector<float> x = drawn(rows * width), weight = drawn(width), bias = drawn(width);
  const std::vector<float> grad = drawn(rows * width);
  for (const Activation activation :
       {Activation::kNone, Activation::kRelu, Activation::kGelu, Activation::kSilu}) {
    std::vector<std::vector<float>> results;
    for (const Workers& workers : {kAlone, kBackwards}) {
      std::vector<float> out(rows * width), dx(rows * width), sums(2 * width), moments(2 * rows);
      const NormLayer layer{
          x.data(), weight.data(), bias.data(), width,          activation,
          1e-5F,    0.25F,         3,           moments.data(), moments.data() + rows};
      norm_forward_rows(layer, out.data(), rows, kernels, workers);
      norm_backward_rows(layer, grad.data(), dx.data(), sums.data(), sums.data() + width, rows,
                         kernels, workers);
      for (int64_t row = 0; row < rows; ++row) {
        double mean = 0;
        for (int64_t d = 0; d < width; ++d) mean += x[row * width + d];
        check(near(moments[row], mean / static_cast<double>(width), 1), "a mean is its row's");
      }
      for (const auto* more : {&dx, &sums, &moments})
        out.insert(out.end(), more->begin(), more->end());
      results.push_back(out);
    }
    check(results[0] == results[1], "norms of any order of workers are the same bits");
  }
}

void check_pair_rows(const TrainKernels& kernels, int64_t width, RowType type) {
  constexpr int64_t kRows = 9, kBags = 4, kTables = 3;
  std::vector<float> rows = drawn(kTables * kRows * width);
  std::vector<uint16_t> short_rows(rows.size(), 0x3C00);
  const bool is_wide = type == RowType::kFloat32;
  void* memory = is_wide ? static_cast<void*>(rows.data()) : short_rows.data();
  std::vector<int32_t> ids(kTables * kBags);
  for (int32_t& id : ids) id = static_cast<int32_t>((draw() + 1) * 4.49F);
  std::vector<Table> tables;
  std::vector<Bags> bags;
  for (int64_t t = 0; t < kTables; ++t) {
    tables.push_back({static_cast<char*>(memory) + t * kRows * width * (is_wide ? 4 : 2), nullptr,
                      nullptr, kRows, width, type, 0});
    bags.push_back({ids.data(), false, nullptr, t * kBags, kBags, nullptr, kBags, 0, width, false});
  }
  std::vector<float> out(kBags), sums(kBags * width), x(kBags * kTables * width), expected(kBags);
  lookup_pairs({tables, bags}, out.data(), sums.data(), kernels, kBackwards);
  for (int64_t t = 0; t < kTables; ++t) {
    bags[t].stride = kTables * width;
    bags[t].column = t * width;
  }
  lookup_forward({tables, bags}, x.data(), kernels, kAlone);
  pairs_forward_rows(x.data(), expected.data(), kBags, kTables, width, kernels, kAlone);
  for (int64_t bag = 0; bag < kBags; ++bag) {
    check(near(out[bag], expected[bag], static_cast<double>(9 * width)),
          "pairs are those of copies");
  }
}

void check_losses(const TrainKernels& kernels, int64_t count) {
  const std::vector<float> x = drawn(count), w(count, 0.5F);
  std::vector<float> y(count), losses(count), grad(count);
  for (float& label : y) label = draw() > 0 ? 1.0F : 0.0F;
  for (const BinaryKind kind :
       {BinaryKind::kCrossEntropy, BinaryKind::kFocal, BinaryKind::kAsymmetric}) {
    const BinaryLoss loss{kind, x.data(), y.data(), w.data(), losses.data(), grad.data(), 1.0F,
                          2.0F, 1.0F,     1.0F,     1.5F,     2.0F,          0.1F};
    int64_t bad = 0;
    const double sum = binary_losses(loss, count, kernels, kBackwards, &bad);
    double total = 0;
    for (const float one : losses) total += one;
    check(bad == -1 && near(sum, total, total), "the sum is that of the losses");
    if (count == 0) continue;
    y[count - 1] += 2;
    binary_losses(loss, count, kernels, kAlone, &bad);
    check(bad == count - 1, "a bad label is named");
    y[count - 1] -= 2;
  }
  const std::vector<int64_t> targets(3, count / 2);
  const std::vector<float> logits = drawn(3 * count);
  std::vector<float> slopes(3 * count), values(3);
  const SoftmaxLoss loss{logits.data(), targets.data(), true, nullptr, values.data(),
                         slopes.data(), 1.0F,           0.1F, -100,    count};
  int64_t valid = 0, bad = 0;
  softmax_losses(loss, 3, true, kernels, kBackwards, &valid, &bad);
  check(count > 0 ? bad == -1 && valid == 3 : bad == 0, "targets are classes");
  double total = 0;
  for (const float slope : slopes) total += slope;
  check(std::abs(total) < 1e-5, "slopes of a row add up to zero");
}

struct alignas(64) Line {
  float numbers[16];
};

/// Long results go past the caches where they lie on lines: the same bits.
void check_long_results(const TrainKernels& kernels) {
  constexpr int64_t kRows = 3, kVectors = 5, kWidth = 48, kCount = kRows * kVectors * kWidth;
  const std::vector<float> x = drawn(kCount), grad = drawn(kRows);
  std::vector<float> expected(kCount);
  std::vector<Line> lines(kCount / 16);
  float* found = lines[0].numbers;
  kernels.pairs_backward(grad.data(), x.data(), expected.data(), kRows, kVectors, kWidth, false);
  kernels.pairs_backward(grad.data(), x.data(), found, kRows, kVectors, kWidth, true);
  check(std::equal(expected.begin(), expected.end(), found), "slopes of pairs past the caches");
}

/// Pooled rows of a long result: those that lie on lines go past the caches.
void check_long_lookup(const TrainKernels& kernels) {
  constexpr int64_t kRows = 7, kWidth = 64, kBags = 1024, kStride = kLongResult / kBags;
  std::vector<float> rows = drawn(kRows * kWidth);
  std::vector<int64_t> ids(kBags);
  for (int64_t i = 0; i < kBags; ++i) ids[i] = i * i % kRows;
  const Table table{rows.data(), nullptr, nullptr, kRows, kWidth, RowType::kFloat32, 0};
  std::vector<Line> lines(kLongResult / 16 + 1);
  float* out = lines[0].numbers;
  for (const int64_t column : {kStride - kWidth, int64_t{5}}) {
    const Bags bags{ids.data(), true, nullptr, 0, kBags, nullptr, kBags, column, kStride, false};
    lookup_forward({{&table, 1}, {&bags, 1}}, out, kernels, kAlone);
    bool good = true;
    for (int64_t bag = 0; bag < kBags; ++bag) {
      const float* row = rows.data() + ids[bag] * kWidth;
      good = good && std::equal(row, row + kWidth, out + bag * kStride + column);
    }
    check(good, "pooled rows past the caches");
  }
}

void check_steps(const TrainKernels& kernels, int64_t count) {
  for (const Method method : {Method::kSgd, Method::kAdagrad, Method::kAdamW, Method::kLion}) {
    for (const StateType type : {StateType::kFloat32, StateType::kBfloat16, StateType::kByte}) {
      std::vector<std::vector<float>> results;
      for (const Workers& workers : {kAlone, kBackwards}) {
        draw_state = 7;
        std::vector<float> p = drawn(count), g = drawn(count), average = p;
        std::vector<float> first(count), second(count);
        std::vector<uint16_t> short_first(count), short_second(count);
        std::vector<uint8_t> byte_first(count), byte_second(count);
        std::vector<float> scales((count + 255) / 256), more_scales(scales.size());
        void* states[2] = {first.data(), second.data()};
        if (type == StateType::kBfloat16) states[0] = short_first.data();
        if (type == StateType::kBfloat16) states[1] = short_second.data();
        if (type == StateType::kByte) states[0] = byte_first.data();
        if (type == StateType::kByte) states[1] = byte_second.data();
        const Slice slice{p.data(),       g.data(), states[0],     states[1],
                          average.data(), count,    scales.data(), more_scales.data()};
        StepRule rule{};
        rule.method = method;
        rule.states = type;
        rule.zero_grad = true;
        rule.rate = 0.1F;
        rule.beta1 = 0.9F;
        rule.beta2 = 0.99F;
        rule.clip = 1.0F;
        rule.correction1 = 0.1F;
        rule.correction2 = 0.01F;
        rule.epsilon = 1e-8F;
        rule.average = 0.5F;
        double squares = 0;
        for (const float value : g) squares += static_cast<double>(value) * value;
        check(near(gradient_norm({&slice, 1}, kernels, workers), std::sqrt(squares), squares),
              "the norm is that of the gradient");
        step_slices(rule, {&slice, 1}, kernels, workers);
        check(std::all_of(g.begin(), g.end(), [](float value) { return value == 0; }),
              "gradients are zero");
        p.insert(p.end(), average.begin(), average.end());
        for (const uint16_t bits : short_first) p.push_back(bits);
        for (const uint8_t bits : byte_first) p.push_back(bits);
        for (const uint8_t bits : byte_second) p.push_back(bits);
        p.insert(p.end(), scales.begin(), scales.end());
        results.push_back(p);
      }
      check(results[0] == results[1], "steps of any order of workers are the same bits");
    }
  }
}

}  // namespace

int main() {
  for (const IsaLevel level : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
    if (level > detect_isa()) continue;
    const TrainKernels& kernels = train_kernels(level);
    for (const int64_t vectors : {1, 2, 3, 5, 8, 27, 34}) {
      for (const int64_t width : {1, 7, 16, 33, 64}) check_dots(kernels, 3, vectors, width);
    }
    for (const int64_t width : {1, 7, 16, 33, 100}) check_norms(kernels, 70, width);
    check_long_results(kernels);
    check_long_lookup(kernels);
    for (const int64_t width : {1, 5, 16, 32, 33, 64, 128}) {
      for (const RowType type : {RowType::kFloat32, RowType::kBfloat16, RowType::kFloat16}) {
        check_pair_rows(kernels, width, type);
        for (uint8_t update = 0; update <= static_cast<uint8_t>(Update::kFtrl); ++update) {
          for (const bool weighted : {false, true}) {
            check_tables(kernels, width, type, static_cast<Update>(update), weighted, false);
            check_tables(kernels, width, type, static_cast<Update>(update), weighted, true);
          }
        }
      }
    }
    for (const int64_t count : {0, 1, 15, 16, 17, 1000, 40001}) {
      check_losses(kernels, count);
      check_steps(kernels, count);
    }
  }
  return finish();
}
