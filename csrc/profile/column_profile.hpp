// The mergeable statistics of one column, whatever its kind.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/table.hpp"
#include "profile/number_profile.hpp"
#include "profile/text_profile.hpp"

namespace mainspring {

/// What a column's values are compared as. The values are part of the profile's bytes.
enum class ColumnKind : uint8_t {
  kNumber = 1,
  kBoolean = 2,    // categories "false" and "true"
  kText = 3,       // strings, and dictionaries of strings
  kTimestamp = 4,  // dates too; as numbers: microseconds since 1970-01-01T00:00
  kUnknown = 5,    // Arrow type null: every row is missing; merges with any kind
  kSkipped = 6,    // types the engine does not read; only rows are counted
  // Lists of these: as numbers, how long they are, and their elements as a column of their own.
  kNumberList = 7,
  kBooleanList = 8,
  kTextList = 9,
  kTimestampList = 10,
  kUnknownList = 11,  // no element has a type; merges with any kind of lists
};

constexpr bool is_list(ColumnKind kind) { return kind >= ColumnKind::kNumberList; }

const char* kind_name(ColumnKind kind);
ColumnKind kind_of(const Table::Column& column);

class StringLines;

class ColumnProfile {
 public:
  ColumnProfile(std::string name, const Table::Column& column);

  const std::string& name() const { return name_; }
  ColumnKind kind() const { return kind_; }
  /// Arrow types seen, ascending: one, or several that are of the same kind.
  const std::vector<std::string>& type_names() const { return type_names_; }
  uint64_t num_rows() const { return num_rows_; }
  uint64_t nulls() const { return nulls_; }
  uint64_t nans() const { return nans_; }
  uint64_t missing() const { return nulls_ + nans_; }
  uint64_t present() const { return num_rows_ - missing(); }
  /// Of kNumber and kTimestamp; of lists the number of elements of each.
  const NumberProfile& numbers() const { return numbers_; }
  /// Of kText and kBoolean.
  const TextProfile& texts() const { return texts_; }
  bool has_numbers() const {
    return kind_ == ColumnKind::kNumber || kind_ == ColumnKind::kTimestamp || is_list(kind_);
  }
  /// Of lists: all their elements, as if they were the rows of a column; else null.
  const ColumnProfile* elements() const { return elements_.empty() ? nullptr : &elements_[0]; }
  bool has_texts() const { return kind_ == ColumnKind::kText || kind_ == ColumnKind::kBoolean; }

  /// Whether values of that kind can be compared with and added to these.
  bool may_be(ColumnKind kind) const;
  /// Throws Error(kSchema) when a column of that table, or that other profile, is of another kind.
  void expect_kind(const std::vector<std::string>& type_names, ColumnKind kind) const;
  /// All rows of a column whose batches have been verified.
  void update(const Table& table, uint32_t column);
  /// Rows of a column of kText or kBoolean that were counted elsewhere: how often each value is
  /// there, and how many are null.
  void add_counted(std::span<const std::string_view> values, std::span<const uint64_t> times,
                   uint64_t nulls);
  /// Rows of a column of kNumber or kTimestamp that were read elsewhere, NaN where they are
  /// missing: nulls, as far as is known.
  void add_numbers(std::span<const double> values);
  /// Those who compare a column again and again need its ranks each time.
  void keep_distribution() { numbers_.keep_distribution(); }
  /// A copy for comparisons alone: of numbers whose ranks are kept, all else may be left out.
  ColumnProfile for_comparisons() const;
  /// Kinds were checked.
  void merge(const ColumnProfile& other);

  void write(StateWriter& writer) const;
  /// Throws Error(kBundleCorrupt).
  static ColumnProfile read(StateReader& reader);

 private:
  ColumnProfile() = default;
  /// All but the elements of lists.
  static ColumnProfile read_column(StateReader& reader);
  void take_kind(const std::vector<std::string>& type_names, ColumnKind kind);
  void start_elements();
  /// Rows that are no lists.
  /// `lines`: of strings, for all batches of a long column.
  void update_rows(const ColumnView& view, StringLines* lines = nullptr);
  void update_lists(const ColumnView& view);
  void update_numbers(const ColumnView& view);
  void update_booleans(const ColumnView& view);
  void add_booleans(uint64_t rows, uint64_t valid, uint64_t set);
  void update_texts(const ColumnView& view, StringLines* lines);
  void update_dictionary_texts(const ColumnView& view);

  std::string name_;
  std::vector<std::string> type_names_;
  ColumnKind kind_ = ColumnKind::kUnknown;
  uint64_t num_rows_ = 0;
  uint64_t nulls_ = 0;
  uint64_t nans_ = 0;
  NumberProfile numbers_;
  TextProfile texts_;
  std::vector<ColumnProfile> elements_;  // one, or none
};

}  // namespace mainspring
