// Counts numbers between fixed edges, thousands of edges if need be, in one pass over memory.
//
// A number is first placed in one of a few thousand cells by its distance from a center: equally
// wide near the center, growing with the distance beyond. Few edges fall into a cell, and only
// those are compared with. Placing is monotone however it is rounded, so counts are exact.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mainspring {

/// What passes over numbers leave.
struct BinCounts {
  // Four tables of as many bins, so that equal values in a row do not wait for each other; of short
  // numbers, so that a first-level cache has room for them beside edges and cells.
  static constexpr uint32_t kTables = 4;
  std::vector<uint16_t> tables;
  uint32_t blocks_in_tables = 0;
  std::vector<uint64_t> bins;  // bins[k]: values with k edges at or below them, less the tables
  uint64_t nans = 0;
  std::vector<double> listed;  // values that fell in bins whose values are listed; counted, too
  double min = std::numeric_limits<double>::infinity();  // of what is not NaN
  double max = -std::numeric_limits<double>::infinity();

  /// Empties the tables into the bins.
  void settle();
};

struct PlaceJob;

class NumberBins {
 public:
  static constexpr uint32_t kMaxEdges = 8192;
  static constexpr uint32_t kBlock = 512;

  /// Edges ascending and distinct, at least two and at most kMaxEdges; no NaN, no -0.0. Bins where
  /// `listed` is not 0 have their values listed.
  NumberBins(std::vector<double> edges, std::vector<uint8_t> listed);
  /// Between those of the edges that make counting fastest: where many fall into one cell, but for
  /// the first, the last and pairs of neighbouring numbers, some are left out; at most a tenth of
  /// all. The first and the last bin have their values listed.
  static NumberBins thinned(const std::vector<double>& edges);

  std::span<const double> edges() const { return {edges_.data(), num_edges_}; }
  bool lists(uint32_t bin) const { return listed_[bin] != 0; }
  /// With how many edges each value is compared; 0: with as many as a search needs.
  uint32_t num_comparisons() const { return steps_; }
  BinCounts empty_counts() const;
  /// Any number of values in any order, infinities and NaN among them. settle() before the bins are
  /// read.
  void count(const double* values, uint64_t num_values, BinCounts* counts) const;
  /// The number of edges at or below a value.
  uint32_t bin_of(double value) const;
  /// The same of at most kBlock values, none of them NaN.
  void find(const double* values, uint32_t num_values, uint16_t* bins) const;

 private:
  struct Placing {
    double center;
    double scale;                     // width of the part where cells are equally wide
    double reach_below, reach_above;  // distances beyond are all the same
    uint32_t shift;                   // from the bits of a distance to a cell
    uint32_t below;                   // cells below the center: as many as the edges there need
  };
  static constexpr uint32_t kCells = 8192;
  // So many edges in one cell, and a search is faster.
  static constexpr uint32_t kMaxSteps = 12;

  NumberBins(std::vector<double> edges, std::vector<uint8_t> listed, const Placing* placing);
  static Placing placing(std::span<const double> edges, double center, double scale);
  /// Those worth trying, the most likely ones first.
  static std::vector<Placing> placings(std::span<const double> edges);
  static uint16_t cell_of(const Placing& placing, double value);
  /// Of at least one number, ascending.
  static std::vector<uint16_t> cells_of(const Placing& placing, std::span<const double> numbers);
  static PlaceJob job_of(const Placing& placing);
  void choose_placing();
  void index_cells(const Placing& placing, uint32_t most);
  bool lists_only_ends() const;
  void list_block(const double* values, uint32_t num_values, bool only_ends,
                  BinCounts* counts) const;

  uint32_t num_edges_;
  std::vector<double> edges_;  // and kMaxSteps NaN, which nothing reaches: steps need no end
  std::vector<uint8_t> listed_;
  Placing placing_{};
  uint32_t steps_ = 0;           // comparisons for each value; 0: search
  std::vector<uint16_t> first_;  // by cell: edges in the cells before it
};

}  // namespace mainspring
