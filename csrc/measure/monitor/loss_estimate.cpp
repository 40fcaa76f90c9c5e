// Learns losses with each fold left out, and with none.
#include "measure/monitor/loss_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>

#include "host/thread_pool.hpp"
#include "measure/monitor/loss_cells.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kFolds = 10;
constexpr uint32_t kMaxFeatures = 32;
constexpr uint64_t kVarianceParts = 20;
constexpr uint64_t kFifths = 5;

// The features between whose parts the loss varies most, in their order.
std::vector<uint32_t> strongest(const LossGrid& grid, const FeatureRows& rows,
                                const double* losses) {
  const std::vector<uint8_t> parts = grid.parts_of(rows.columns, rows.num_rows);
  std::vector<double> between(rows.num_features, 0);
  const double mean =
      std::accumulate(losses, losses + rows.num_rows, 0.0) / static_cast<double>(rows.num_rows);
  parallel_for(rows.num_features, [&](uint64_t feature, uint32_t) {
    std::vector<double> sums(kLossParts, 0), counts(kLossParts, 0);
    for (uint64_t row = 0; row < rows.num_rows; ++row) {
      const uint8_t part = parts[feature * rows.num_rows + row];
      sums[part] += losses[row] - mean;
      counts[part] += 1;
    }
    for (uint32_t part = 0; part < kLossParts; ++part) {
      if (counts[part] > 0) between[feature] += sums[part] * sums[part] / counts[part];
    }
  });
  std::vector<uint32_t> order(rows.num_features);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return between[a] > between[b]; });
  order.resize(std::min<size_t>(order.size(), kMaxFeatures));
  std::sort(order.begin(), order.end());
  return order;
}

std::vector<double> columns_of(const FeatureRows& rows, std::span<const uint32_t> features) {
  std::vector<double> columns;
  columns.reserve(rows.num_rows * features.size());
  for (const uint32_t feature : features) {
    const double* column = rows.columns + feature * rows.num_rows;
    columns.insert(columns.end(), column, column + rows.num_rows);
  }
  return columns;
}

// Rows in the order of what is expected of them.
std::vector<uint64_t> order_of(std::span<const double> expected) {
  std::vector<uint64_t> order(expected.size());
  std::iota(order.begin(), order.end(), uint64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](uint64_t a, uint64_t b) { return expected[a] < expected[b]; });
  return order;
}

// Gaps of fifths beyond the mean size that chance gives them.
double off_of(std::span<const uint64_t> order, std::span<const double> expected,
              const double* losses) {
  double gaps = 0, all = 0;
  for (uint64_t fifth = 0; fifth < kFifths; ++fifth) {
    const uint64_t first = fifth * order.size() / kFifths;
    const uint64_t last = (fifth + 1) * order.size() / kFifths;
    const auto rows = static_cast<double>(last - first);
    double loss = 0, square = 0, guess = 0;
    for (uint64_t i = first; i < last; ++i) {
      loss += losses[order[i]];
      square += losses[order[i]] * losses[order[i]];
      guess += expected[order[i]];
    }
    all += loss;
    const double spread = std::sqrt(std::max(square / rows - loss / rows * loss / rows, 0.0));
    gaps +=
        std::fabs(guess - loss) / rows - std::sqrt(2 / std::numbers::pi) * spread / std::sqrt(rows);
  }
  const double mean = all / static_cast<double>(order.size());
  return mean > 0 ? std::max(0.0, gaps / kFifths / mean) : 0;
}

/// What is left unexplained of a loss, by what is expected of it: large losses vary more.
class Unexplained {
 public:
  Unexplained(std::span<const uint64_t> order, std::span<const double> expected,
              const double* losses) {
    const uint64_t parts = std::min<uint64_t>(kVarianceParts, order.size());
    for (uint64_t part = 0; part < parts; ++part) {
      const uint64_t first = part * order.size() / parts, last = (part + 1) * order.size() / parts;
      double squares = 0;
      for (uint64_t i = first; i < last; ++i) {
        const double rest = losses[order[i]] - expected[order[i]];
        squares += rest * rest;
      }
      upper_.push_back(expected[order[last - 1]]);
      variance_.push_back(squares / static_cast<double>(last - first));
    }
  }
  double operator()(double expected) const {
    const auto at = std::lower_bound(upper_.begin(), upper_.end() - 1, expected) - upper_.begin();
    return variance_[static_cast<size_t>(at)];
  }

 private:
  std::vector<double> upper_, variance_;
};

}  // namespace

LossEstimate estimate_loss(const FeatureRows& reference, const double* losses,
                           const FeatureRows& current) {
  const LossGrid all(reference.columns, reference.num_rows, reference.num_features);
  const std::vector<uint32_t> features = strongest(all, reference, losses);
  const LossGrid grid = all.chosen(features);
  const auto width = static_cast<uint32_t>(features.size());
  const std::vector<uint8_t> before =
      grid.parts_of(columns_of(reference, features).data(), reference.num_rows);
  const std::vector<uint8_t> now =
      grid.parts_of(columns_of(current, features).data(), current.num_rows);
  const LossRows known{reference.num_rows, width, before.data(), losses};
  const LossRows asked{current.num_rows, width, now.data(), nullptr};

  std::vector<LossCells> folds(kFolds, LossCells(width));
  parallel_for(kFolds, [&](uint64_t fold, uint32_t) { folds[fold].add(known, fold, kFolds); });
  std::vector<std::optional<LossModel>> models(kFolds + 1);  // the last one has every fold
  parallel_for(kFolds + 1, [&](uint64_t left_out, uint32_t) {
    LossCells cells(width);
    for (uint64_t fold = 0; fold < kFolds; ++fold) {
      if (fold != left_out) cells.add(folds[fold]);
    }
    models[left_out].emplace(cells, width);
  });

  std::vector<double> expected(known.num_rows);
  for (uint64_t row = 0; row < known.num_rows; ++row) {
    expected[row] = (*models[row % kFolds])(known, row);
  }
  const std::vector<uint64_t> order = order_of(expected);
  const Unexplained unexplained(order, expected, losses);
  LossEstimate found;
  found.off = off_of(order, expected, losses);
  const auto rows = static_cast<double>(asked.num_rows);
  if (asked.num_rows == 0) {
    found.mean = found.uncertainty = std::numeric_limits<double>::quiet_NaN();
    return found;
  }
  std::vector<double> means(models.size());
  parallel_for(models.size(), [&](uint64_t model, uint32_t) {
    double sum = 0;
    for (uint64_t row = 0; row < asked.num_rows; ++row) sum += (*models[model])(asked, row);
    means[model] = sum / rows;
  });
  double rest = 0;
  for (uint64_t row = 0; row < asked.num_rows; ++row) {
    rest += unexplained((*models[kFolds])(asked, row));
  }
  const double center = std::accumulate(means.begin(), means.end() - 1, 0.0) / kFolds;
  double apart = 0;
  for (uint64_t fold = 0; fold < kFolds; ++fold) {
    apart += (means[fold] - center) * (means[fold] - center);
  }
  found.mean = means[kFolds];
  found.uncertainty =
      std::sqrt(rest / (rows * rows) + apart * (kFolds - 1) / static_cast<double>(kFolds));
  return found;
}

}  // namespace mainspring
