// The mergeable statistics of a table: what fits transforms, is the drift reference inside a
// bundle, and feeds the checks.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/table.hpp"
#include "profile/column_profile.hpp"

namespace mainspring {

/// More rows than anybody has: sums and products of counts stay far from the ends of their types.
inline constexpr uint64_t kMaxProfileRows = uint64_t{1} << 60;

/// What of a table is profiled.
struct ProfileOptions {
  std::optional<std::vector<std::string>> columns;  // all when not given
  std::string target;                               // the label's column, profiled too; empty: none
};

/// Any split of the same rows into tables, batches and merged profiles gives the same exact parts
/// bit for bit, and the same bytes as long as no column is sketched. Not safe for writing from two
/// threads at once.
class Profile {
 public:
  explicit Profile(ProfileOptions options = {}) : options_(std::move(options)) {}

  /// The first table fixes the columns; later ones must have them, with the same kinds. Throws
  /// Error(kSchema), Error(kData) or Error(kParameter) and is then as it was.
  void update(const Table& table);
  /// Throws Error(kSchema) when columns or kinds differ, Error(kData) beyond kMaxProfileRows, and
  /// is then as it was.
  void merge(const Profile& other);

  uint64_t num_rows() const { return num_rows_; }
  const std::vector<ColumnProfile>& columns() const { return columns_; }
  const std::string& target() const { return options_.target; }
  /// Null when there is no such column.
  const ColumnProfile* find(std::string_view name) const;
  /// Keeps what comparing needs of numbers each time, 16 bytes for each item of a sketch, or for
  /// each distinct number.
  void keep_distributions(std::span<const std::string> names);
  /// A copy for comparisons alone.
  Profile for_comparisons() const;

  std::vector<uint8_t> to_bytes() const;
  /// Throws Error(kBundleVersion) for a later format and Error(kBundleCorrupt) for anything else
  /// that to_bytes did not write.
  static Profile from_bytes(std::span<const uint8_t> bytes);

 private:
  std::vector<std::string> wanted_columns(const Table& table) const;

  ProfileOptions options_;
  bool has_schema_ = false;
  uint64_t num_rows_ = 0;
  std::vector<ColumnProfile> columns_;
};

}  // namespace mainspring
