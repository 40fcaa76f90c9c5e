// Chooses for each column how it is taken, then takes all rows.
#include "measure/drift/table_counts.hpp"

#include <algorithm>

#include "host/thread_pool.hpp"
#include "measure/drift/choose_bins.hpp"
#include "profile/walk_numbers.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kPairSample = 8192;

bool is_counted(ColumnKind kind) {
  return kind == ColumnKind::kNumber || kind == ColumnKind::kTimestamp;
}

}  // namespace

void TableCounts::add_column(const std::string& name, const Table& table) {
  const uint32_t number = table.column_index(name);
  columns_.push_back({ColumnProfile(name, table.columns()[number]), std::nullopt, false, number,
                      std::nullopt, std::nullopt});
}

TableCounts::TableCounts(const Profile& reference, const std::vector<std::string>& names,
                         const Table& first) {
  for (const std::string& name : names) add_column(name, first);
  if (first.num_rows() >= kMinCountedRows) {
    choose(reference, first);
    return;
  }
  for (Column& column : columns_) {
    if (is_counted(column.profile.kind())) column.sample.emplace();
  }
}

void TableCounts::choose(const Profile& reference, const Table& first) {
  parallel_for(columns_.size(), [&](uint64_t i, uint32_t) {
    Column& column = columns_[i];
    const ColumnKind kind = column.profile.kind();
    const ColumnProfile* before = reference.find(column.profile.name());
    if (!is_counted(kind) || before == nullptr || before->kind() != kind) return;
    const auto bins = choose_bins(
        before->numbers(),
        sample_numbers(first, column.number, kind == ColumnKind::kTimestamp, kCurrentSample));
    if (bins != nullptr) column.counts.emplace(bins, false);
  });
}

std::pair<TableCounts, TableCounts> TableCounts::of_both(const Table& reference,
                                                         const std::vector<std::string>& names,
                                                         const Table& current, bool sorted) {
  std::pair<TableCounts, TableCounts> both{TableCounts(), TableCounts()};
  TableCounts& before = both.first;
  TableCounts& now = both.second;
  std::vector<size_t> in_current;  // 1 + number there, 0: not there
  for (const std::string& name : names) {
    before.add_column(name, reference);
    const bool there = current.find_column(name).has_value();
    if (there) now.add_column(name, current);
    in_current.push_back(there ? now.columns_.size() : 0);
  }
  parallel_for(names.size(), [&](uint64_t i, uint32_t) {
    if (in_current[i] == 0) return;
    Column& one = before.columns_[i];
    Column& other = now.columns_[in_current[i] - 1];
    const ColumnKind kind = one.profile.kind();
    if (!is_counted(kind) || other.profile.kind() != kind) return;
    if (sorted) {
      one.sorted = other.sorted = true;
      return;
    }
    const bool is_time = kind == ColumnKind::kTimestamp;
    const auto bins = choose_bins(sample_numbers(reference, one.number, is_time, kPairSample),
                                  sample_numbers(current, other.number, is_time, kPairSample));
    if (bins == nullptr) return;
    one.counts.emplace(bins, true);
    other.counts.emplace(bins, false);
  });
  before.update(reference);
  now.update(current);
  if (sorted) {
    before.sorted_ = reference;
    now.sorted_ = current;
  }
  return both;
}

void TableCounts::update(const Table& table) {
  std::vector<uint32_t> numbers;
  for (const Column& column : columns_) {
    numbers.push_back(table.column_index(column.profile.name()));
    const Table::Column& info = table.columns()[numbers.back()];
    column.profile.expect_kind({info.type_name}, kind_of(info));
  }
  // Everything that can be wrong with the data shows here, before a count changes.
  parallel_for(columns_.size(), [&](uint64_t i, uint32_t) {
    if (!table.columns()[numbers[i]].readable) return;
    for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
      (void)table.batch_column(batch, numbers[i]);
    }
  });
  const bool few = num_rows_ + table.num_rows() < kMinCountedRows;
  parallel_for(columns_.size(), [&](uint64_t i, uint32_t) {
    if (!columns_[i].sorted) take_rows(table, numbers[i], few, &columns_[i]);
  });
  num_rows_ += table.num_rows();
}

void TableCounts::take_rows(const Table& table, uint32_t number, bool few, Column* column) {
  const bool is_time = column->profile.kind() == ColumnKind::kTimestamp;
  std::optional<std::vector<double>>& sample = column->sample;
  if (sample.has_value() && !few) {
    column->profile.add_numbers(*sample);
    sample.reset();
  }
  if (!sample.has_value() && !column->counts.has_value()) {
    return column->profile.update(table, number);
  }
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const ColumnView& view = table.batch_column(batch, number);
    if (!sample.has_value()) {
      column->counts->update(view, is_time);
      continue;
    }
    for_each_numbers(view, is_time, [&sample](const double* values, uint64_t count) {
      sample->insert(sample->end(), values, values + count);
    });
  }
}

DriftSide TableCounts::side() const {
  DriftSide side;
  for (const Column& column : columns_) {
    side.columns.push_back({&column.profile, column.counts.has_value() ? &*column.counts : nullptr,
                            column.sorted ? &*sorted_ : nullptr, column.number,
                            column.side.has_value() ? &*column.side : nullptr,
                            column.sample.has_value() ? &*column.sample : nullptr});
  }
  return side;
}

}  // namespace mainspring
