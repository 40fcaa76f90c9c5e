// Trees of one condition whose leaves are 0 and 1: the sum is the number of thresholds below the
// value, by definition. Every instruction set finds it for any number of thresholds, also where
// several are one float32.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <vector>

#include "check.hpp"
#include "fit/importers/write_forest.hpp"
#include "forest_model.hpp"
#include "random.hpp"

namespace mainspring {
namespace {

constexpr IsaLevel kLevels[] = {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512};
constexpr double kInf = std::numeric_limits<double>::infinity();

/// Of one feature: what becomes of what is missing, and where conditions change.
struct Column {
  ForestTreatment treatment;
  std::vector<double> thresholds;  // ascending
};

/// Ordinary numbers, neighbours that are one float32, and the ends of all numbers.
double draw_threshold(Random& random) {
  const double some = static_cast<double>(below(random, 4000)) / 1000 - 2;
  switch (below(random, 8)) {
    case 0: return some * 1e300;
    case 1: return some * 1e-300;
    case 2: return some * 1e-40;
    case 3: return some * 2e38;
    case 4: return 1 + static_cast<double>(below(random, 64)) * 0x1p-40;
    case 5: return static_cast<double>(below(random, 9)) - 4;
    default: return some;
  }
}

Column draw_column(Random& random, ForestTreatment treatment, uint32_t count) {
  std::set<double> thresholds;
  while (thresholds.size() < count) thresholds.insert(draw_threshold(random) + 0.0);
  return {treatment, {thresholds.begin(), thresholds.end()}};
}

SourceForest forest_of(const std::vector<Column>& columns, ForestInput input) {
  SourceForest forest;
  forest.num_features = forest.num_outputs = static_cast<uint32_t>(columns.size());
  forest.input = input;
  for (uint32_t feature = 0; feature < columns.size(); ++feature) {
    for (const double threshold : columns[feature].thresholds) {
      SourceTree tree;
      tree.output = feature;
      tree.nodes.resize(3);
      SourceNode& node = tree.nodes[0];
      node.feature = feature;
      node.treatment = columns[feature].treatment;
      node.threshold = threshold;
      node.left = 1;
      node.right = 2;
      tree.nodes[1].is_leaf = tree.nodes[2].is_leaf = true;
      tree.nodes[2].leaf = 1;
      forest.trees.push_back(std::move(tree));
    }
  }
  return forest;
}

double count_below(const Column& column, double value, bool rounds) {
  if (rounds) value = static_cast<double>(static_cast<float>(value));
  const bool is_zero = std::fabs(value) <= kForestZero;
  const bool missing = std::isnan(value);
  const double lowest = -kInf, none = NAN;
  switch (column.treatment) {
    case ForestTreatment::kNanIsZero: value = missing ? 0 : value; break;
    case ForestTreatment::kNanLeft: value = missing ? lowest : value; break;
    case ForestTreatment::kZeroLeft: value = missing || is_zero ? lowest : value; break;
    case ForestTreatment::kZeroRight: value = is_zero ? none : value; break;
    default: break;
  }
  return static_cast<double>(
      std::count_if(column.thresholds.begin(), column.thresholds.end(),
                    [&](double threshold) { return !(value <= threshold); }));
}

/// Thresholds, their neighbours of both widths, and numbers that have rules of their own.
double draw_value(Random& random, const Column& column) {
  const std::vector<double>& all = column.thresholds;
  const double near = all[below(random, all.size())];
  const auto narrow = static_cast<float>(near);
  switch (below(random, 10)) {
    case 0: return near;
    case 1: return std::nextafter(near, kInf);
    case 2: return std::nextafter(near, -kInf);
    case 3: return narrow;
    case 4: return std::nextafter(narrow, std::numeric_limits<float>::infinity());
    case 5: return std::nextafter(narrow, -std::numeric_limits<float>::infinity());
    case 6: {
      constexpr double kSpecial[] = {NAN, kInf, -kInf, 0.0, -0.0, 1e-35f, -1e-36, 5e-324};
      return kSpecial[below(random, 8)];
    }
    default: return draw_threshold(random);
  }
}

template <class T>
void check_values(OpenedModel& model, const std::vector<Column>& columns, bool rounds,
                  Random& random) {
  const auto width = static_cast<uint32_t>(columns.size());
  std::vector<T> rows(uint64_t{kTileRows} * width), turned(rows.size());
  std::vector<double> expected(rows.size());
  for (uint32_t row = 0; row < kTileRows; ++row) {
    for (uint32_t i = 0; i < width; ++i) {
      const auto value = static_cast<T>(draw_value(random, columns[i]));
      rows[row * width + i] = turned[i * kTileRows + row] = value;
      expected[row * width + i] = count_below(columns[i], static_cast<double>(value), rounds);
    }
  }
  for (const IsaLevel level : kLevels) {
    for (const uint32_t num_rows : {1u, 5u, 16u, 33u, 64u, 100u, 511u, 512u}) {
      const auto is_right = [&](const std::vector<double>& found) {
        return std::memcmp(found.data(), expected.data(), 8 * found.size()) == 0;
      };
      check(is_right(model.predict(rows.data(), num_rows, level, width, 1)), "rows");
      check(is_right(model.predict(turned.data(), num_rows, level)), "columns");
    }
  }
}

void ranks_are_numbers_of_thresholds_below() {
  Random random(5);
  constexpr uint32_t kCounts[] = {1, 2, 15, 31, 32, 63, 64, 65, 127, 128, 200, 255, 256, 300};
  constexpr ForestTreatment kTreatments[] = {ForestTreatment::kNanIsZero, ForestTreatment::kNanLeft,
                                             ForestTreatment::kNanRight, ForestTreatment::kZeroLeft,
                                             ForestTreatment::kZeroRight};
  for (const uint32_t num_columns : {1u, 2u, 7u, 20u}) {
    for (const ForestInput input : {ForestInput::kAsIs, ForestInput::kRoundedToFloat}) {
      for (uint32_t round = 0; round < 6; ++round) {
        std::vector<Column> columns;
        for (uint32_t i = 0; i < num_columns; ++i) {
          columns.push_back(
              draw_column(random, kTreatments[below(random, 5)], kCounts[below(random, 14)]));
        }
        OpenedModel model(write_forest(forest_of(columns, input)));
        if (!check(model.status().ok(), "the forest opens")) return;
        const bool rounds = input == ForestInput::kRoundedToFloat;
        check_values<float>(model, columns, rounds, random);
        check_values<double>(model, columns, rounds, random);
      }
    }
  }
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::ranks_are_numbers_of_thresholds_below();
  return mainspring::finish();
}
