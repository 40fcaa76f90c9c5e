// Counts of a table whose rows are not here: what a GPU has counted or sorted becomes the state
// that the rows would have left.
#include <algorithm>
#include <numeric>

#include "measure/drift/choose_bins.hpp"
#include "measure/drift/table_counts.hpp"
#include "measure/drift/two_samples.hpp"

namespace mainspring {

namespace {

[[noreturn]] void fail(const std::string& name, const std::string& what, uint64_t got,
                       uint64_t expected) {
  throw Error(ErrorKind::kParameter, "Column '" + name + "' has " + std::to_string(got) + " " +
                                         what + ", expected " + std::to_string(expected) + ".");
}

}  // namespace

std::vector<uint64_t> sampled_rows(uint64_t num_rows) {
  std::vector<uint64_t> rows;
  const uint64_t wanted = std::min<uint64_t>(kCurrentSample, num_rows);
  for (uint64_t i = 0; i < wanted; ++i) rows.push_back(sampled_row(num_rows, wanted, i));
  return rows;
}

TableCounts::TableCounts(const Profile* reference, const std::vector<std::string>& names,
                         const Table& sample, uint64_t num_rows)
    : num_rows_(num_rows) {
  for (const std::string& name : names) add_column(name, sample);
  if (reference != nullptr && num_rows >= kMinCountedRows) choose(*reference, sample);
}

size_t TableCounts::place_of(const std::string& name) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].profile.name() == name) return i;
  }
  throw Error(ErrorKind::kSchema, "Column '" + name + "' is not among those that are counted.");
}

const NumberBins* TableCounts::bins_of(const std::string& name) const {
  const std::optional<CountedNumbers>& counts = columns_[place_of(name)].counts;
  return counts.has_value() ? &counts->bins().bins : nullptr;
}

void TableCounts::set_counts(const std::string& name, const BinCounts& counts) {
  std::optional<CountedNumbers>& column = columns_[place_of(name)].counts;
  const size_t num_bins = column.has_value() ? column->bins().bins.edges().size() + 1 : 0;
  if (counts.bins.size() != num_bins) fail(name, "bins", counts.bins.size(), num_bins);
  const uint64_t rows = std::accumulate(counts.bins.begin(), counts.bins.end(), counts.nans);
  if (rows != num_rows_) fail(name, "rows", rows, num_rows_);
  column->add_counts(counts, num_rows_);
}

void TableCounts::set_runs(const std::string& name, std::vector<double> values,
                           std::vector<uint64_t> counts) {
  Column& column = columns_[place_of(name)];
  const uint64_t present = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  if (values.size() != counts.size() || present > num_rows_) {
    fail(name, "rows", present, num_rows_);
  }
  column.side = sorted_runs(std::move(values), std::move(counts), num_rows_ - present);
}

void TableCounts::set_categories(const std::string& name, std::span<const std::string_view> values,
                                 std::span<const uint64_t> counts, uint64_t missing) {
  ColumnProfile& profile = columns_[place_of(name)].profile;
  const uint64_t rows = std::accumulate(counts.begin(), counts.end(), missing);
  if (values.size() != counts.size() || rows != num_rows_) fail(name, "rows", rows, num_rows_);
  if (!profile.has_texts() || profile.num_rows() != 0) {
    throw Error(ErrorKind::kParameter,
                "Column '" + name + "' holds no strings or booleans, or was counted before.");
  }
  profile.add_counted(values, counts, missing);
}

}  // namespace mainspring
