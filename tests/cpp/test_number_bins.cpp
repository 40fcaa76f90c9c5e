// Counts between edges, by cells: those of a search, wherever edges lie and whatever values are;
// and shapes of numbers for which one comparison is enough, or none.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "check.hpp"
#include "profile/number_bins.hpp"
#include "random.hpp"

namespace mainspring {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

enum class Shape {
  kNormal,
  kExponential,
  kMinusExponential,
  kUniform,
  kLognormal,
  kPareto,
  kStudent,
  kFarAway,
  kTwoClusters,
  kManyClusters,  // too many edges in a cell, wherever its center is
  kAboveZero,     // of all sizes
  kHuge,
  kTiny,
  kWhole,
  kAtoms,
  kAnyBits,
  kCount,
};

double share(Random& random) { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; }

double normal(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += share(random);
  return sum;
}

double drawn(Random& random, Shape shape) {
  switch (shape) {
    case Shape::kNormal: return normal(random);
    case Shape::kExponential: return -std::log(share(random));
    case Shape::kMinusExponential: return 100 + std::log(share(random));
    case Shape::kUniform: return share(random);
    case Shape::kLognormal: return std::exp(normal(random));
    case Shape::kPareto: return std::pow(share(random), -0.8);
    case Shape::kStudent: return normal(random) / (0.1 + std::fabs(normal(random)));
    case Shape::kFarAway: return 1e9 + share(random);
    case Shape::kTwoClusters: return 1e-6 * normal(random) + (one_in(random, 3) ? 1e6 : 0);
    case Shape::kManyClusters:
      return 1e6 * static_cast<double>(1 + below(random, 7)) + 1e-8 * normal(random);
    case Shape::kAboveZero: return std::exp(60 * share(random) - 30);
    case Shape::kHuge: return normal(random) * 2e307;
    case Shape::kTiny: return normal(random) * 1e-310;
    case Shape::kWhole: return static_cast<double>(below(random, 3000));
    case Shape::kAtoms: return one_in(random, 2) ? 0 : normal(random);
    default: break;
  }
  const uint64_t bits = random();
  double value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return std::isnan(value) ? 0 : value;
}

std::vector<double> sorted_sample(Random& random, Shape shape, size_t size) {
  std::vector<double> sample(size);
  for (double& value : sample) value = drawn(random, shape) + 0.0;
  std::sort(sample.begin(), sample.end());
  return sample;
}

// As drift chooses them: quantiles, and what is frequent in bins of its own.
std::vector<double> drawn_edges(Random& random, Shape shape, size_t wanted) {
  const std::vector<double> sample = sorted_sample(random, shape, 8 * wanted + 50);
  std::vector<double> edges;
  for (size_t i = 0; i < wanted; ++i) edges.push_back(sample[i * sample.size() / wanted]);
  edges.push_back(std::nextafter(sample.back(), kInfinity) + 0.0);
  for (size_t i = 1; i < edges.size(); ++i) {
    if (edges[i] == edges[i - 1]) edges[i] = std::nextafter(edges[i], kInfinity) + 0.0;
  }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  // The last one may be infinite.
  if (edges.size() < 2 || (one_in(random, 6) && std::isfinite(edges.back()))) {
    edges.push_back(kInfinity);
  }
  return edges;
}

// Of the same shape, on edges and beside them, and what is no number.
std::vector<double> drawn_values(Random& random, Shape shape, const std::vector<double>& edges) {
  std::vector<double> values;
  const size_t rows = below(random, 3000);
  for (size_t i = 0; i < rows; ++i) {
    const double edge = edges[below(random, edges.size())];
    switch (below(random, 12)) {
      case 0: values.push_back(edge); break;
      case 1: values.push_back(std::nextafter(edge, -kInfinity)); break;
      case 2: values.push_back(std::nextafter(edge, kInfinity)); break;
      case 3: values.push_back(one_in(random, 9) ? kNan : -edge); break;
      case 4:
        values.push_back(one_in(random, 9) ? (one_in(random, 2) ? kInfinity : -kInfinity) : edge);
        break;
      case 5: values.push_back(one_in(random, 9) ? -0.0 : 3 * edge); break;
      default: values.push_back(drawn(random, shape));
    }
  }
  return values;
}

uint32_t bin_by_search(const std::vector<double>& edges, double value) {
  return static_cast<uint32_t>(std::upper_bound(edges.begin(), edges.end(), value) - edges.begin());
}

std::vector<double> copy_of(const NumberBins& bins) {
  return {bins.edges().begin(), bins.edges().end()};
}

void check_counts(const NumberBins& bins, const std::vector<double>& values, Random& random,
                  const std::string& what) {
  const std::vector<double> edges = copy_of(bins);
  std::vector<uint64_t> wanted(edges.size() + 1, 0);
  std::vector<double> listed;
  double least = kInfinity, most = -kInfinity;
  uint64_t nans = 0;
  for (const double value : values) {
    if (std::isnan(value)) {
      ++nans;
      continue;
    }
    const uint32_t bin = bin_by_search(edges, value);
    ++wanted[bin];
    if (bins.lists(bin)) listed.push_back(value);
    least = std::min(least, value);
    most = std::max(most, value);
  }
  BinCounts counts = bins.empty_counts();
  for (size_t done = 0; done < values.size();) {
    const size_t rows = std::min<size_t>(values.size() - done, 1 + below(random, 1200));
    // A piece of memory of its own, so that a read beyond its end is seen.
    const std::vector<double> part(&values[done], &values[done] + rows);
    bins.count(part.data(), rows, &counts);
    done += rows;
  }
  counts.settle();
  check(counts.bins == wanted, what + ": counts are those of a search");
  check(counts.nans == nans, what + ": missing values are counted");
  check(counts.listed == listed, what + ": values are listed in their order");
  check(counts.min == least && counts.max == most, what + ": extremes");
  for (size_t first = 0; first < values.size(); first += NumberBins::kBlock) {
    std::vector<double> part;
    for (size_t i = first; i < std::min(values.size(), first + NumberBins::kBlock); ++i) {
      if (!std::isnan(values[i])) part.push_back(values[i]);
    }
    std::vector<uint16_t> found(part.size());
    bins.find(part.data(), static_cast<uint32_t>(part.size()), found.data());
    for (size_t i = 0; i < part.size(); ++i) {
      check(found[i] == bin_by_search(edges, part[i]), what + ": found where a search finds it");
    }
  }
}

void check_thinned(const std::vector<double>& edges, const NumberBins& thinned,
                   const std::string& what) {
  const std::vector<double> kept = copy_of(thinned);
  check(std::includes(edges.begin(), edges.end(), kept.begin(), kept.end()),
        what + ": no new edge");
  check(10 * kept.size() >= 9 * edges.size(), what + ": a tenth at most is left out");
  check(kept.front() == edges.front() && kept.back() == edges.back(), what + ": ends stay");
  for (size_t i = 2; i + 1 < edges.size(); ++i) {
    if (std::nextafter(edges[i - 1], kInfinity) != edges[i]) continue;
    check(std::binary_search(kept.begin(), kept.end(), edges[i - 1]) &&
              std::binary_search(kept.begin(), kept.end(), edges[i]),
          what + ": neighbours stay");
  }
  for (uint32_t bin = 0; bin <= kept.size(); ++bin) {
    check(thinned.lists(bin) == (bin == 0 || bin == kept.size()), what + ": the ends are listed");
  }
}

// Moved down, by no more than the cell they are in, and never past another edge.
void check_moved(const std::vector<double>& edges, const NumberBins& moved,
                 const std::string& what) {
  const std::vector<double> found = copy_of(moved);
  check(!moved.compares(), what + ": nothing is compared");
  check(std::is_sorted(found.begin(), found.end()) &&
            std::adjacent_find(found.begin(), found.end()) == found.end(),
        what + ": edges ascend");
  check(10 * found.size() >= 9 * edges.size(), what + ": a tenth at most falls together");
  check(found.front() == edges.front() && found.back() == edges.back(), what + ": ends stay");
  for (size_t i = 0; i + 1 < found.size(); ++i) {
    const auto next = std::lower_bound(edges.begin(), edges.end(), found[i]);
    check(next != edges.end() && *next < found[i + 1], what + ": not past another edge");
    check(i + 2 >= found.size() || std::upper_bound(next, edges.end(), found[i + 1]) - next <= 3,
          what + ": three at most at a place");
  }
}

void test_points(uint64_t seed) {
  Random random(seed);
  for (const Shape shape : {Shape::kWhole, Shape::kAtoms, Shape::kNormal, Shape::kAnyBits}) {
    std::vector<double> points = sorted_sample(random, shape, 1 + below(random, 700));
    const double away = one_in(random, 2) ? 0 : std::floor(1e9 * normal(random));
    for (double& point : points) point = shape == Shape::kWhole ? point + away : point;
    points.erase(std::unique(points.begin(), points.end()), points.end());
    const std::optional<NumberBins> bins = NumberBins::of_points(points);
    if (!bins.has_value()) continue;
    const std::string what = "points of shape " + std::to_string(static_cast<int>(shape)) +
                             ", seed " + std::to_string(seed);
    check(bins->compares() == (shape != Shape::kWhole) || points.size() < 3,
          what + ": only integers are not compared");
    std::vector<double> values;
    const uint64_t often = one_in(random, 2) ? 3 : 2000;
    const size_t rows = below(random, 4000);
    for (size_t i = 0; i < rows; ++i) {
      const double point = points[below(random, points.size())];
      if (!one_in(random, often)) {
        values.push_back(point);
      } else {
        switch (below(random, 7)) {
          case 0: values.push_back(std::nextafter(point, kInfinity)); break;
          case 1: values.push_back(kNan); break;
          case 2: values.push_back(point + 0.5); break;
          case 3: values.push_back(one_in(random, 2) ? kInfinity : -kInfinity); break;
          case 4:
            values.push_back(one_in(random, 2) ? points.front() - 3 : points.back() + 3);
            break;
          case 5: values.push_back(one_in(random, 2) ? -0.0 : 1e-300); break;
          default: values.push_back(point + 1);
        }
      }
    }
    check_counts(*bins, values, random, what);
  }
}

void test_counts(uint64_t seed) {
  Random random(seed);
  for (int number = 0; number < static_cast<int>(Shape::kCount); ++number) {
    const auto shape = static_cast<Shape>(number);
    const size_t choices[] = {2, 3, 20, 300, 1200, 5000};
    const std::vector<double> edges = drawn_edges(random, shape, choices[below(random, 6)]);
    const std::string what = "shape " + std::to_string(number) + ", seed " + std::to_string(seed);
    const std::vector<double> values = drawn_values(random, shape, edges);
    std::vector<uint8_t> listed(edges.size() + 1, 0);
    const uint64_t often = 1 + below(random, 60);
    for (uint8_t& one : listed) one = one_in(random, often) ? 1 : 0;
    check_counts(NumberBins(edges, listed), values, random, what);
    const NumberBins thinned = NumberBins::thinned(edges);
    check_thinned(edges, thinned, what + ", thinned");
    check_counts(thinned, values, random, what + ", thinned");
    const std::optional<NumberBins> moved = NumberBins::moved(edges);
    if (!moved.has_value()) continue;
    check_moved(edges, *moved, what + ", moved");
    check_counts(*moved, drawn_values(random, shape, copy_of(*moved)), random, what + ", moved");
  }
}

// More than a short number counts, in blocks that are whole and in others.
void check_long_run(const NumberBins& bins, double value, size_t rows, const std::string& what) {
  const std::vector<double> values(rows, value);
  BinCounts counts = bins.empty_counts();
  const uint64_t times = 700'000 / rows;
  for (uint64_t i = 0; i < times; ++i) bins.count(values.data(), rows, &counts);
  counts.settle();
  check(counts.bins[bins.bin_of(value)] == times * rows, what + "a long run is counted");
  check(std::count(counts.bins.begin(), counts.bins.end(), 0) ==
            static_cast<std::ptrdiff_t>(counts.bins.size()) - 1,
        what + "and nothing else");
}

void test_long_runs_of_one_value(uint64_t seed) {
  Random random(seed);
  const std::vector<double> edges = drawn_edges(random, Shape::kNormal, 300);
  const size_t rows = one_in(random, 2) ? 512 : 1 + below(random, 1300);
  check_long_run(NumberBins::thinned(edges), edges[100], rows, "thinned: ");
  const std::optional<NumberBins> moved = NumberBins::moved(edges);
  check(moved.has_value() == std::isfinite(edges.back()), "only what is finite is moved");
  if (moved.has_value()) check_long_run(*moved, edges[100], rows, "moved: ");
  const std::vector<double> points{1, 2, 7};
  check_long_run(*NumberBins::of_points(points), 2, rows, "points: ");
}

// Where nothing else helps, edges are searched.
void test_edges_when_crowded_are_searched() {
  Random random(1);
  const std::vector<double> edges = drawn_edges(random, Shape::kManyClusters, 1200);
  check(NumberBins::thinned(edges).num_comparisons() == 0, "clusters are searched");
}

// What the goal of the histogram's speed rests on.
void test_one_comparison_is_enough() {
  for (const Shape shape : {Shape::kNormal, Shape::kExponential, Shape::kMinusExponential,
                            Shape::kUniform, Shape::kLognormal, Shape::kPareto, Shape::kStudent}) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      Random random(seed);
      std::vector<double> edges;
      for (const size_t wanted : {1024, 128}) {
        const std::vector<double> sample = sorted_sample(random, shape, 64 * wanted);
        for (size_t i = 0; i < wanted; ++i) edges.push_back(sample[64 * i]);
        edges.push_back(sample.back());
      }
      std::sort(edges.begin(), edges.end());
      edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
      const std::string what = std::to_string(static_cast<int>(shape));
      check(NumberBins::thinned(edges).num_comparisons() == 1, "one comparison for shape " + what);
      check(NumberBins::moved(edges).has_value(), "and none for shape " + what);
    }
  }
}

}  // namespace
}  // namespace mainspring

int main() {
  for (uint64_t seed = 0; seed < 30; ++seed) mainspring::test_counts(seed);
  for (uint64_t seed = 0; seed < 30; ++seed) mainspring::test_points(seed);
  for (uint64_t seed = 0; seed < 12; ++seed) mainspring::test_long_runs_of_one_value(seed);
  mainspring::test_edges_when_crowded_are_searched();
  mainspring::test_one_comparison_is_enough();
  return mainspring::finish();
}
