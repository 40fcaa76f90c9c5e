// Counts numbers between fixed edges, thousands of edges if need be, in one pass over memory.
//
// A number is first placed in one of a few thousand cells by its distance from a center: equally
// wide near the center, growing with the distance beyond. Few edges fall into a cell, and only
// those are compared with; or edges are where cells begin, and nothing is compared. Placing is
// monotone however it is rounded, so counts are exact.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "profile/place_numbers.hpp"

namespace mainspring {

/// What passes over numbers leave.
struct BinCounts {
  // Four tables of as many bins, so that equal values in a row do not wait for each other; of short
  // numbers, so that a first-level cache has room for them beside edges and cells.
  static constexpr uint32_t kTables = kCountTables;
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

class NumberBins {
 public:
  static constexpr uint32_t kMaxEdges = 8192;
  static constexpr uint32_t kBlock = kNumberBlock;

  /// Edges ascending and distinct, at least two and at most kMaxEdges; no NaN, no -0.0. Bins where
  /// `listed` is not 0 have their values listed.
  NumberBins(std::vector<double> edges, std::vector<uint8_t> listed);
  /// Between those of the edges that make counting fastest: where many fall into one cell, but for
  /// the first, the last and pairs of neighbouring numbers, some are left out; at most a tenth of
  /// all. The first and the last bin have their values listed.
  static NumberBins thinned(const std::vector<double>& edges);
  /// The same on edges that are moved down to where their cells begin, but for the first and the
  /// last: then a cell says all, and counting takes half the time. At most a tenth fall together,
  /// and no more than three at a place. None where no cells are as close as that, where
  /// neighbouring numbers are edges, and where one is not finite.
  static std::optional<NumberBins> moved(const std::vector<double>& edges);
  /// Every number by itself, and what is not among them listed. None where two are neighbours, so
  /// that nothing is between them, and where there are none.
  static std::optional<NumberBins> of_points(std::span<const double> ascending);

  std::span<const double> edges() const { return {edges_.data(), num_edges_}; }
  bool lists(uint32_t bin) const { return listed_[bin] != 0; }
  /// Whether values are compared with edges; else their cells say all.
  bool compares() const { return cells_ == CellKind::kCompared; }
  /// With how many edges each value is compared where it is; 0: with as many as a search needs.
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
  enum class CellKind : uint8_t {
    kCompared,
    kWhole,     // each cell is of one bin, but for what is beyond the ends
    kIntegers,  // cells are the integers from the first edge on, each of one bin
  };

  NumberBins(std::vector<double> edges, std::vector<uint8_t> listed, CellKind cells);
  static Placing placing(std::span<const double> edges, double center, double scale);
  /// Those worth trying, the most likely ones first.
  static std::vector<Placing> placings(std::span<const double> edges);
  static uint16_t cell_of(const Placing& placing, double value);
  /// Of at least one number, ascending.
  static std::vector<uint16_t> cells_of(const Placing& placing, std::span<const double> numbers);
  /// The most of ascending cells that are the same.
  static uint32_t most_in_a_cell(const std::vector<uint16_t>& cells);
  /// The smallest number of each of the cells: `inside` are numbers in them, and `lowest` is one
  /// that lies below all these cells.
  static std::vector<double> beginnings(const Placing& placing, std::span<const uint16_t> cells,
                                        std::span<const double> inside, double lowest);
  static PlaceJob job_of(const Placing& placing);
  CellJob cell_job(BinCounts* counts) const;
  void choose_placing();
  void index_cells(const Placing& placing, uint32_t most);
  void index_whole_cells(const Placing& placing);
  void index_integers();
  bool lists_only_ends() const;
  void list_block(const double* values, uint32_t num_values, bool only_ends,
                  BinCounts* counts) const;
  void count_by_cells(const double* values, uint64_t num_values, BinCounts* counts) const;
  void put_right(const double* values, uint32_t num_values, BinCounts* counts) const;

  uint32_t num_edges_;
  std::vector<double> edges_;  // and kMaxSteps NaN, which nothing reaches: steps need no end
  std::vector<uint8_t> listed_;
  Placing placing_{};
  CellKind cells_;
  uint32_t nan_bin_ = 0;         // where NaN is counted at first, without comparing
  uint32_t steps_ = 0;           // comparisons for each value; 0: search, or none
  std::vector<uint16_t> first_;  // by cell: edges in the cells before it; without comparing its bin
};

}  // namespace mainspring
