// A sample between edges, with what distances to another one on the same edges need of it: most
// bins need no order then.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "measure/drift/rank_distances.hpp"
#include "profile/number_bins.hpp"

namespace mainspring {

/// Numbers in the order that they came in, which must outlive this; NaN is missing.
struct BinnedSample {
  struct Bin {
    double above = 0;  // sum of the distances from the edge below; in the first bin from its end
    uint64_t count = 0;
  };

  std::shared_ptr<const NumberBins> edges;
  std::vector<Bin> bins;
  std::vector<uint16_t> bin_of;  // of each value; NaN: kMissing
  uint64_t total = 0;            // without those missing

  static constexpr uint16_t kMissing = 0xFFFF;
};

/// Edges that the values fill about equally, in the order of their first appearance in a sample of
/// them; none where too few are there for counting to be worth while.
std::shared_ptr<const NumberBins> sample_edges(std::span<const double> values);

/// None where a sum of distances is not finite: infinite values have no distance from an edge.
std::optional<BinnedSample> bin_sample(std::span<const double> values,
                                       std::shared_ptr<const NumberBins> edges);

/// Finds the values of some bins, sorted: those whose order matters.
class BinValues {
 public:
  virtual ~BinValues() = default;
  /// Values of each of the bins, one behind the other; `ends` has where each ends.
  virtual std::vector<double> of(const std::vector<uint16_t>& bins,
                                 std::vector<size_t>* ends) const = 0;
};

/// As they came in.
class UnsortedValues final : public BinValues {
 public:
  UnsortedValues(std::span<const double> values, const BinnedSample& binned)
      : values_(values), binned_(binned) {}
  std::vector<double> of(const std::vector<uint16_t>& bins,
                         std::vector<size_t>* ends) const override;

 private:
  std::span<const double> values_;
  const BinnedSample& binned_;
};

/// All of them sorted before.
class SortedValues final : public BinValues {
 public:
  SortedValues(const Distribution& numbers, const BinnedSample& binned)
      : numbers_(numbers), binned_(binned) {}
  std::vector<double> of(const std::vector<uint16_t>& bins,
                         std::vector<size_t>* ends) const override;

 private:
  const Distribution& numbers_;
  const BinnedSample& binned_;
};

/// The same as rank_distances of both sorted, but for the order in which areas are added. Both are
/// on the same edges; none where counts are so large that their products do not fit.
std::optional<RankDistances> binned_distances(const BinnedSample& x, const BinValues& x_values,
                                              const BinnedSample& y, const BinValues& y_values);

}  // namespace mainspring
