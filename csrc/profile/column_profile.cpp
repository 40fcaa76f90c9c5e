// Hands a column's rows to the statistics of its kind; merges and writes them.
#include "profile/column_profile.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "profile/dictionary_index.hpp"
#include "profile/string_lines.hpp"
#include "profile/walk_tiles.hpp"
#include "runtime/arrow/bitmap.hpp"

namespace mainspring {

namespace {

// Of rows that are missing in the tile: those that a validity bit calls null. The rest is NaN.
uint64_t count_nulls(const ColumnView& view, const Tile& tile, uint64_t first_row) {
  uint64_t nulls = 0;
  for (uint32_t i = 0; i < tile.num_rows; ++i) {
    if (is_valid(tile.validity, i)) continue;
    const uint64_t row = first_row + i;
    nulls += is_null(view, row) ? 1 : 0;
  }
  return nulls;
}

std::string_view text_of(const BytesView& view) {
  return {reinterpret_cast<const char*>(view.data), view.length};
}

bool may_become(ColumnKind from, ColumnKind kind) {
  return from == ColumnKind::kUnknown || (from == ColumnKind::kUnknownList && is_list(kind));
}

ColumnKind element_of(ColumnKind list) {
  switch (list) {
    case ColumnKind::kNumberList: return ColumnKind::kNumber;
    case ColumnKind::kBooleanList: return ColumnKind::kBoolean;
    case ColumnKind::kTextList: return ColumnKind::kText;
    case ColumnKind::kTimestampList: return ColumnKind::kTimestamp;
    default: return ColumnKind::kUnknown;
  }
}

/// "string" of "list<string>".
std::string element_type_name(const std::string& list) {
  const size_t begin = list.find('<');
  const size_t end = list.rfind('>');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return "null";
  return list.substr(begin + 1, end - begin - 1);
}

/// "string" of "dictionary<string>": files are read with or without dictionaries, as is faster.
std::string value_type_name(const std::string& type_name) {
  return type_name.starts_with("dictionary<") ? element_type_name(type_name) : type_name;
}

}  // namespace

ColumnProfile::ColumnProfile(std::string name, const Table::Column& column)
    : name_(std::move(name)),
      type_names_{value_type_name(column.type_name)},
      kind_(kind_of(column)) {
  start_elements();
}

void ColumnProfile::start_elements() {
  if (!is_list(kind_)) return;
  if (elements_.empty()) {
    ColumnProfile& elements = elements_.emplace_back(ColumnProfile());
    elements.name_ = name_ + "[]";
  }
  ColumnProfile& elements = elements_[0];
  if (elements.kind_ == ColumnKind::kUnknown) elements.kind_ = element_of(kind_);
  elements.type_names_.clear();
  for (const std::string& type_name : type_names_) {
    elements.take_kind({element_type_name(type_name)}, elements.kind_);
  }
}

bool ColumnProfile::may_be(ColumnKind kind) const {
  return kind == kind_ || may_become(kind, kind_) || may_become(kind_, kind);
}

void ColumnProfile::expect_kind(const std::vector<std::string>& type_names, ColumnKind kind) const {
  if (may_be(kind)) return;
  throw Error(ErrorKind::kSchema, "Column '" + name_ + "' was profiled as " + kind_name(kind_) +
                                      " (" + type_names_.front() + ") and now has type " +
                                      type_names.front() + ", a " + kind_name(kind) +
                                      ". Cast it to the type it had before.")
      .column(name_)
      .expected(type_names_.front())
      .got(type_names.front());
}

void ColumnProfile::take_kind(const std::vector<std::string>& type_names, ColumnKind kind) {
  if (may_become(kind_, kind)) kind_ = kind;
  for (const std::string& type_name : type_names) {
    const auto at = std::lower_bound(type_names_.begin(), type_names_.end(), type_name);
    if (at == type_names_.end() || *at != type_name) type_names_.insert(at, type_name);
  }
  start_elements();
}

void ColumnProfile::update(const Table& table, uint32_t column) {
  const Table::Column& info = table.columns()[column];
  const ColumnKind kind = kind_of(info);
  take_kind({value_type_name(info.type_name)}, kind);
  std::optional<StringLines> lines;
  if (kind == ColumnKind::kText && table.num_rows() >= kManyStrings)
    lines.emplace(table.num_rows());
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const uint64_t rows = table.batch_rows(batch);
    num_rows_ += rows;
    if (kind == ColumnKind::kUnknown || kind == ColumnKind::kSkipped) {
      if (kind == ColumnKind::kUnknown) nulls_ += rows;
      continue;
    }
    const ColumnView& view = table.batch_column(batch, column);
    if (is_list(kind)) {
      update_lists(view);
    } else {
      update_rows(view, lines.has_value() ? &*lines : nullptr);
    }
  }
  if (lines.has_value()) texts_.settle(&*lines);
}

void ColumnProfile::update_rows(const ColumnView& view, StringLines* lines) {
  if (kind_ == ColumnKind::kBoolean) {
    update_booleans(view);
  } else if (kind_ != ColumnKind::kText) {
    update_numbers(view);
  } else if (view.type == ColumnType::kDictionary && view.dictionary->length <= view.length) {
    update_dictionary_texts(view);
  } else {
    update_texts(view, lines);
  }
}

// Lists mostly lie one behind the other: their elements are then one run of rows.
void ColumnProfile::update_lists(const ColumnView& view) {
  ColumnProfile& elements = elements_[0];
  uint64_t first = 0;
  uint64_t end = 0;
  const auto take_run = [&] {
    if (first == end) return;
    ColumnView run = *view.child;
    run.offset += first;
    run.length = end - first;
    elements.num_rows_ += run.length;
    if (run.type == ColumnType::kNull) {
      elements.nulls_ += run.length;
    } else {
      elements.update_rows(run);
    }
  };
  std::array<double, kTileRows> lengths;
  for_each_tile(view, InputKind::kBytesList, [&](const Tile& tile, uint64_t) {
    const auto* lists = values_of<ListView>(tile);
    uint32_t valid = 0;
    for (uint32_t i = 0; i < tile.num_rows; ++i) {
      if (!is_valid(tile.validity, i)) continue;
      lengths[valid++] = static_cast<double>(lists[i].count);
      if (lists[i].count == 0) continue;
      if (lists[i].first != end) {
        take_run();
        first = lists[i].first;
      }
      end = lists[i].first + lists[i].count;
    }
    numbers_.add(lengths.data(), valid);
    nulls_ += tile.num_rows - valid;
  });
  take_run();
}

void ColumnProfile::update_numbers(const ColumnView& view) {
  const bool is_time = kind_ == ColumnKind::kTimestamp;
  std::array<double, kTileRows> present;
  for_each_tile(view, is_time ? InputKind::kTimestamp : InputKind::kFloat,
                [&](const Tile& tile, uint64_t first) {
                  const uint32_t valid = count_valid(tile);
                  uint32_t at = 0;
                  for (uint32_t i = 0; i < tile.num_rows; ++i) {
                    // Adding 0 turns -0.0 into 0.0, so that equal values have equal bits.
                    present[at] = is_time ? static_cast<double>(values_of<int64_t>(tile)[i])
                                          : values_of<double>(tile)[i] + 0.0;
                    at += is_valid(tile.validity, i) ? 1 : 0;
                  }
                  numbers_.add(present.data(), valid);
                  if (valid == tile.num_rows) return;
                  const uint64_t nulls =
                      is_time ? tile.num_rows - valid : count_nulls(view, tile, first);
                  nulls_ += nulls;
                  nans_ += tile.num_rows - valid - nulls;
                });
}

void ColumnProfile::update_booleans(const ColumnView& view) {
  uint64_t valid = 0;
  uint64_t set = 0;
  if (view.type == ColumnType::kBool) {
    for (uint64_t first = 0; first < view.length; first += kTileRows) {
      const auto rows = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, view.length - first));
      std::array<uint64_t, kValidityWords> present, bits;
      read_bitmap(view.validity, view.offset + first, rows, present.data());
      read_bitmap(static_cast<const uint8_t*>(view.values), view.offset + first, rows, bits.data());
      for (uint32_t word = 0; word * 64 < rows; ++word) {
        valid += static_cast<uint64_t>(std::popcount(present[word]));
        set += static_cast<uint64_t>(std::popcount(present[word] & bits[word]));
      }
    }
    return add_booleans(view.length, valid, set);
  }
  for_each_tile(view, InputKind::kInteger, [&](const Tile& tile, uint64_t) {
    valid += count_valid(tile);
    for (uint32_t i = 0; i < tile.num_rows; ++i) set += values_of<int64_t>(tile)[i] != 0 ? 1 : 0;
  });
  add_booleans(view.length, valid, set);
}

void ColumnProfile::add_booleans(uint64_t rows, uint64_t valid, uint64_t set) {
  nulls_ += rows - valid;
  if (set > 0) texts_.add("true", set);
  if (valid > set) texts_.add("false", valid - set);
}

void ColumnProfile::update_texts(const ColumnView& all_rows, StringLines* lines) {
  if (lines == nullptr && all_rows.length >= kManyStrings) {
    StringLines own(all_rows.length);
    update_texts(all_rows, &own);
    return texts_.settle(&own);
  }
  ColumnView view = all_rows;
  const uint64_t taken = lines == nullptr ? 0 : texts_.add_rows(view, lines, &nulls_);
  view.offset += taken;
  view.length -= taken;
  for_each_tile(view, InputKind::kBytes, [&](const Tile& tile, uint64_t) {
    auto* values = values_of<BytesView>(tile);
    const uint32_t valid = count_valid(tile);
    if (valid < tile.num_rows) {
      uint32_t at = 0;
      for (uint32_t i = 0; i < tile.num_rows; ++i) {
        values[at] = values[i];
        at += is_valid(tile.validity, i) ? 1 : 0;
      }
      nulls_ += tile.num_rows - valid;
    }
    texts_.add_all(values, valid);
  });
}

// Counts indices first: one hash for each entry instead of one for each row.
void ColumnProfile::update_dictionary_texts(const ColumnView& view) {
  const ColumnView& dictionary = *view.dictionary;
  std::vector<uint64_t> times(dictionary.length, 0);
  uint64_t nulls = 0;
  with_indices(view, [&](const auto* indices) {
    if (view.validity == nullptr) return count_indices(indices, view.length, &times);
    for (uint64_t row = 0; row < view.length; ++row) {
      if (bit_is_set(view.validity, view.offset + row)) {
        ++times[static_cast<uint64_t>(indices[row])];
      } else {
        ++nulls;
      }
    }
  });
  for_each_tile(dictionary, InputKind::kBytes, [&](const Tile& tile, uint64_t first) {
    for (uint32_t i = 0; i < tile.num_rows; ++i) {
      const uint64_t count = times[first + i];
      if (count == 0) continue;
      if (is_valid(tile.validity, i)) {
        texts_.add(text_of(values_of<BytesView>(tile)[i]), count);
      } else {
        nulls += count;
      }
    }
  });
  nulls_ += nulls;
}

void ColumnProfile::add_counted(std::span<const std::string_view> values,
                                std::span<const uint64_t> times, uint64_t nulls) {
  nulls_ += nulls;
  num_rows_ += nulls;
  for (size_t i = 0; i < values.size(); ++i) {
    if (times[i] == 0) continue;
    texts_.add(values[i], times[i]);
    num_rows_ += times[i];
  }
}

void ColumnProfile::add_numbers(std::span<const double> values) {
  std::array<double, kTileRows> present;
  for (size_t first = 0; first < values.size(); first += kTileRows) {
    const std::span<const double> tile =
        values.subspan(first, std::min<size_t>(kTileRows, values.size() - first));
    uint32_t valid = 0;
    for (const double value : tile) {
      present[valid] = value + 0.0;  // not -0.0
      valid += value == value ? 1 : 0;
    }
    numbers_.add(present.data(), valid);
    nulls_ += tile.size() - valid;
  }
  num_rows_ += values.size();
}

ColumnProfile ColumnProfile::for_comparisons() const {
  ColumnProfile copy;
  copy.name_ = name_;
  copy.type_names_ = type_names_;
  copy.kind_ = kind_;
  copy.num_rows_ = num_rows_;
  copy.nulls_ = nulls_;
  copy.nans_ = nans_;
  copy.numbers_ = numbers_.without_counts();
  copy.texts_ = texts_;
  copy.elements_ = elements_;
  return copy;
}

void ColumnProfile::merge(const ColumnProfile& other) {
  take_kind(other.type_names_, other.kind_);
  num_rows_ += other.num_rows_;
  nulls_ += other.nulls_;
  nans_ += other.nans_;
  numbers_.merge(other.numbers_);
  texts_.merge(other.texts_);
  if (!elements_.empty() && !other.elements_.empty()) elements_[0].merge(other.elements_[0]);
}

void ColumnProfile::write(StateWriter& writer) const {
  writer.put_bytes(name_);
  writer.put<uint64_t>(type_names_.size());
  for (const std::string& type_name : type_names_) writer.put_bytes(type_name);
  writer.put(static_cast<uint8_t>(kind_));
  writer.put(num_rows_);
  writer.put(nulls_);
  writer.put(nans_);
  if (has_numbers()) numbers_.write(writer);
  if (has_texts()) texts_.write(writer);
  if (is_list(kind_)) elements_[0].write(writer);
}

ColumnProfile ColumnProfile::read(StateReader& reader) {
  ColumnProfile column = read_column(reader);
  if (!is_list(column.kind_)) return column;
  ColumnProfile elements = read_column(reader);
  // One reader adds up what the other has counted one by one.
  const bool same_count =
      column.numbers_.moments().sum() == static_cast<double>(elements.num_rows_) ||
      (column.numbers_.count() == 0 && elements.num_rows_ == 0);
  if (elements.kind_ != element_of(column.kind_) || elements.name_ != column.name_ + "[]" ||
      !same_count) {
    StateReader::fail();
  }
  column.elements_.push_back(std::move(elements));
  return column;
}

ColumnProfile ColumnProfile::read_column(StateReader& reader) {
  ColumnProfile column;
  column.name_ = reader.get_text();
  const uint64_t num_types = reader.get_count(8);
  if (num_types == 0) StateReader::fail();
  for (uint64_t i = 0; i < num_types; ++i) {
    column.type_names_.emplace_back(reader.get_text());
    if (i > 0 && column.type_names_[i - 1] >= column.type_names_[i]) StateReader::fail();
  }
  const uint8_t kind = reader.get<uint8_t>();
  if (kind < 1 || kind > 11) StateReader::fail();
  column.kind_ = static_cast<ColumnKind>(kind);
  column.num_rows_ = reader.get<uint64_t>();
  column.nulls_ = reader.get<uint64_t>();
  column.nans_ = reader.get<uint64_t>();
  if (column.nulls_ > column.num_rows_ || column.nans_ > column.num_rows_ - column.nulls_) {
    StateReader::fail();
  }
  uint64_t present = column.present();
  if (column.has_numbers()) {
    column.numbers_ = NumberProfile::read(reader);
    present = column.numbers_.count();
  } else if (column.has_texts()) {
    column.texts_ = TextProfile::read(reader);
    present = column.texts_.count();
  } else if (column.kind_ == ColumnKind::kUnknown) {
    present = 0;
  }
  if (present != column.present()) StateReader::fail();
  return column;
}

}  // namespace mainspring
