// The names of a table's columns and their places: found in nanoseconds, made in a microsecond for
// a table of one row. Two allocations, whatever the number of columns.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace mainspring {

class NameIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kTwice = UINT32_MAX - 1;  // the name stands for more than one column

  /// The bytes of the names are borrowed.
  explicit NameIndex(std::vector<std::string_view> names);

  const std::vector<std::string_view>& names() const { return names_; }
  /// The place of a name, kNone or kTwice.
  uint32_t find(std::string_view name) const;

 private:
  struct Slot {
    uint32_t hash;
    uint32_t place;  // kNone: free
  };
  /// Where the name is, or would be.
  uint64_t slot_of(std::string_view name, uint32_t hash) const;

  std::vector<std::string_view> names_;
  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::vector<std::string_view> twice_;
};

}  // namespace mainspring
