// Profiles tables column by column, merges profiles, and writes them as bytes.
#include "profile/profile.hpp"

#include <algorithm>
#include <utility>

#include "host/names.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

const ColumnProfile* Profile::find(std::string_view name) const {
  for (const ColumnProfile& column : columns_) {
    if (column.name() == name) return &column;
  }
  return nullptr;
}

void Profile::keep_distributions(std::span<const std::string> names) {
  parallel_for(columns_.size(), [&](uint64_t i, uint32_t) {
    const bool wanted = std::find(names.begin(), names.end(), columns_[i].name()) != names.end();
    if (wanted) columns_[i].keep_distribution();
  });
}

Profile Profile::for_comparisons() const {
  Profile copy(options_);
  copy.has_schema_ = has_schema_;
  copy.num_rows_ = num_rows_;
  for (const ColumnProfile& column : columns_) copy.columns_.push_back(column.for_comparisons());
  return copy;
}

std::vector<std::string> Profile::wanted_columns(const Table& table) const {
  std::vector<std::string> names;
  if (has_schema_) {
    for (const ColumnProfile& column : columns_) names.push_back(column.name());
    return names;
  }
  if (options_.columns.has_value()) {
    names = *options_.columns;
    for (size_t i = 0; i < names.size(); ++i) {
      if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
          names.begin() + static_cast<std::ptrdiff_t>(i)) {
        throw Error(ErrorKind::kParameter, "Column '" + names[i] + "' is listed twice in columns.")
            .column(names[i]);
      }
    }
  } else {
    for (const Table::Column& column : table.columns()) names.push_back(column.name);
  }
  const std::string& target = options_.target;
  if (!target.empty() && std::find(names.begin(), names.end(), target) == names.end()) {
    names.push_back(target);
  }
  return names;
}

void Profile::update(const Table& table) {
  const std::vector<std::string> names = wanted_columns(table);
  std::vector<ColumnProfile> fresh;
  std::vector<uint32_t> numbers(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    numbers[i] = table.column_index(names[i]);
    const Table::Column& column = table.columns()[numbers[i]];
    if (has_schema_) {
      columns_[i].expect_kind({column.type_name}, kind_of(column));
    } else {
      fresh.emplace_back(names[i], column);
    }
  }
  // Everything that can be wrong with the data shows here, before a count changes.
  parallel_for(names.size(), [&](uint64_t i, uint32_t) {
    if (!table.columns()[numbers[i]].readable) return;
    for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
      (void)table.batch_column(batch, numbers[i]);
    }
  });
  if (!has_schema_) columns_ = std::move(fresh);
  has_schema_ = true;
  parallel_for(names.size(), [&](uint64_t i, uint32_t) { columns_[i].update(table, numbers[i]); });
  num_rows_ += table.num_rows();
}

void Profile::merge(const Profile& other) {
  if (!other.has_schema_) return;
  if (!has_schema_) {
    *this = Profile(other);
    return;
  }
  std::vector<std::string> lacking;
  for (const ColumnProfile& column : columns_) {
    if (other.find(column.name()) == nullptr) lacking.push_back(column.name());
  }
  if (!lacking.empty()) {
    throw Error(ErrorKind::kSchema, "The merged profile lacks column " + list_names(lacking) +
                                        ". Profile the same columns in every part.")
        .column(lacking.front());
  }
  for (const ColumnProfile& column : other.columns_) {
    if (find(column.name()) == nullptr) lacking.push_back(column.name());
  }
  if (!lacking.empty()) {
    throw Error(ErrorKind::kSchema, "The merged profile has column " + list_names(lacking) +
                                        ", which this one lacks. Profile the same columns in "
                                        "every part.")
        .column(lacking.front());
  }
  if (options_.target != other.options_.target) {
    throw Error(ErrorKind::kSchema, "The profiles name different targets: '" + options_.target +
                                        "' here, '" + other.options_.target + "' there.")
        .expected(options_.target)
        .got(other.options_.target);
  }
  if (other.num_rows_ > kMaxProfileRows - num_rows_) {
    throw Error(ErrorKind::kData, "The merged profile would have more than 2^60 rows.");
  }
  for (const ColumnProfile& column : columns_) {
    const ColumnProfile& from = *other.find(column.name());
    column.expect_kind(from.type_names(), from.kind());
  }
  parallel_for(columns_.size(),
               [&](uint64_t i, uint32_t) { columns_[i].merge(*other.find(columns_[i].name())); });
  num_rows_ += other.num_rows_;
}

}  // namespace mainspring
