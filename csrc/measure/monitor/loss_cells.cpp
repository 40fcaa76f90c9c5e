// Cuts features, sums losses, and boosts stumps on the sums alone: rounds do not look at rows.
#include "measure/monitor/loss_cells.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mainspring {

namespace {

constexpr double kRate = 0.1;
constexpr double kMinRows = 20;  // of a side of a stump

struct Stump {
  double gain = 0;
  uint32_t feature = 0;
  uint32_t cut = 0;  // the last part of the left side
  double left = 0, right = 0;
};

/// How many of both parts there are, whichever feature comes first.
uint32_t count_of(const LossCells& cells, uint32_t features, uint32_t f, uint32_t a, uint32_t g,
                  uint32_t b) {
  if (f > g) {
    std::swap(f, g);
    std::swap(a, b);
  }
  return cells.counts[(LossCells::pair_of(f, g, features) * kLossParts + a) * kLossParts + b];
}

Stump best_stump(const std::vector<double>& sums, const std::vector<double>& rows,
                 uint32_t features, double all_rows) {
  Stump best;
  for (uint32_t feature = 0; feature < features; ++feature) {
    const double* sum = sums.data() + size_t{feature} * kLossParts;
    const double* count = rows.data() + size_t{feature} * kLossParts;
    double total = 0;
    for (uint32_t part = 0; part < kLossParts; ++part) total += sum[part];
    double left_sum = 0, left_rows = 0;
    for (uint32_t cut = 0; cut + 1 < kLossParts; ++cut) {
      left_sum += sum[cut];
      left_rows += count[cut];
      const double right_rows = all_rows - left_rows;
      if (left_rows < kMinRows || right_rows < kMinRows || count[cut] == 0) continue;
      const double right_sum = total - left_sum;
      const double gain = left_sum * left_sum / left_rows + right_sum * right_sum / right_rows;
      if (gain > best.gain) {
        best = {gain, feature, cut, left_sum / left_rows, right_sum / right_rows};
      }
    }
  }
  return best;
}

}  // namespace

LossGrid::LossGrid(const double* columns, uint64_t num_rows, uint32_t num_features) {
  constexpr uint64_t kCuts = kLossParts - 2;  // one part is for what is missing
  for (uint32_t feature = 0; feature < num_features; ++feature) {
    const double* column = columns + feature * num_rows;
    std::vector<double> values;
    std::copy_if(column, column + num_rows, std::back_inserter(values),
                 [](double value) { return value == value; });
    std::sort(values.begin(), values.end());
    std::vector<double> edges;
    for (uint64_t cut = 1; cut <= kCuts && !values.empty(); ++cut) {
      const double edge = values[cut * values.size() / (kCuts + 1)];
      if (edge > values.front() && (edges.empty() || edge > edges.back())) edges.push_back(edge);
    }
    edges_.push_back(std::move(edges));
  }
}

std::vector<uint8_t> LossGrid::parts_of(const double* columns, uint64_t num_rows) const {
  std::vector<uint8_t> parts(num_rows * edges_.size());
  for (size_t feature = 0; feature < edges_.size(); ++feature) {
    const std::vector<double>& edges = edges_[feature];
    for (uint64_t row = 0; row < num_rows; ++row) {
      const double value = columns[feature * num_rows + row];
      const auto above = std::upper_bound(edges.begin(), edges.end(), value) - edges.begin();
      parts[feature * num_rows + row] = static_cast<uint8_t>(value == value ? 1 + above : 0);
    }
  }
  return parts;
}

LossGrid LossGrid::chosen(std::span<const uint32_t> features) const {
  std::vector<std::vector<double>> edges;
  for (const uint32_t feature : features) edges.push_back(edges_[feature]);
  return LossGrid(std::move(edges));
}

LossCells::LossCells(uint32_t num_features)
    : sums(size_t{num_features} * kLossParts, 0),
      counts(size_t{num_features} * (num_features + 1) / 2 * kLossParts * kLossParts, 0) {}

size_t LossCells::pair_of(uint32_t first, uint32_t second, uint32_t num_features) {
  return size_t{first} * num_features - size_t{first} * (first + 1) / 2 + second;
}

void LossCells::add(const LossRows& rows, uint64_t fold, uint64_t folds) {
  for (uint64_t row = fold; row < rows.num_rows; row += folds) {
    ++num_rows;
    sum += rows.losses[row];
  }
  for (uint32_t f = 0; f < rows.num_features; ++f) {
    for (uint64_t row = fold; row < rows.num_rows; row += folds) {
      sums[size_t{f} * kLossParts + rows.part(f, row)] += rows.losses[row];
    }
    for (uint32_t g = f; g < rows.num_features; ++g) {
      uint32_t* cells = counts.data() + pair_of(f, g, rows.num_features) * kLossParts * kLossParts;
      for (uint64_t row = fold; row < rows.num_rows; row += folds) {
        ++cells[rows.part(f, row) * kLossParts + rows.part(g, row)];
      }
    }
  }
}

void LossCells::add(const LossCells& other) {
  num_rows += other.num_rows;
  sum += other.sum;
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += other.sums[i];
  for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
}

LossModel::LossModel(const LossCells& cells, uint32_t num_features)
    : steps_(size_t{num_features} * kLossParts, 0) {
  if (cells.num_rows == 0) return;
  const auto all_rows = static_cast<double>(cells.num_rows);
  mean_ = cells.sum / all_rows;
  std::vector<double> rows(steps_.size()), rest(cells.sums);
  for (uint32_t f = 0; f < num_features; ++f) {
    for (uint32_t part = 0; part < kLossParts; ++part) {
      const size_t at = size_t{f} * kLossParts + part;
      rows[at] = count_of(cells, num_features, f, part, f, part);
      rest[at] -= mean_ * rows[at];
    }
  }
  const uint32_t rounds = 150 + 30 * num_features;
  for (uint32_t round = 0; round < rounds; ++round) {
    const Stump stump = best_stump(rest, rows, num_features, all_rows);
    if (!(stump.gain > 0)) break;
    for (uint32_t part = 0; part < kLossParts; ++part) {
      const double step = kRate * (part <= stump.cut ? stump.left : stump.right);
      steps_[size_t{stump.feature} * kLossParts + part] += step;
      if (rows[size_t{stump.feature} * kLossParts + part] == 0) continue;
      for (uint32_t g = 0; g < num_features; ++g) {
        for (uint32_t other = 0; other < kLossParts; ++other) {
          rest[size_t{g} * kLossParts + other] -=
              step * count_of(cells, num_features, stump.feature, part, g, other);
        }
      }
    }
  }
}

double LossModel::operator()(const LossRows& rows, uint64_t row) const {
  double total = mean_;
  for (uint32_t feature = 0; feature < rows.num_features; ++feature) {
    total += steps_[size_t{feature} * kLossParts + rows.part(feature, row)];
  }
  return std::max(total, 0.0);
}

}  // namespace mainspring
