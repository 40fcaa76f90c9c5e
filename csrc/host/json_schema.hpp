// What a plan wants from JSON: a field for each input, found by name. Made once for a bundle,
// shared by threads.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "host/error.hpp"
#include "runtime/json/field_table.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring {

class JsonSchema {
 public:
  /// Keeps views into the plan's names: the plan must outlive it.
  explicit JsonSchema(const PlanView& plan);

  const PlanView& plan() const { return plan_; }
  const FieldTable& table() const { return table_; }
  std::span<const Field> fields() const { return fields_; }
  /// The shortest text of a row that has every field.
  uint64_t min_row_bytes() const { return min_row_bytes_; }
  bool has_binary() const { return has_binary_; }
  bool has_lists() const { return has_lists_; }
  /// The most fields that one name has: how often one text may be copied.
  uint64_t max_same() const { return max_same_; }

  JsonSchema(const JsonSchema&) = delete;
  JsonSchema& operator=(const JsonSchema&) = delete;

 private:
  PlanView plan_;
  std::vector<Field> fields_;
  std::vector<uint32_t> slots_;
  FieldTable table_{};
  uint64_t min_row_bytes_ = 2;
  uint64_t max_same_ = 1;
  bool has_binary_ = false;
  bool has_lists_ = false;
};

/// Turns what a reader found wrong in `text` into an Error that names column, row and byte.
[[noreturn]] void throw_json_error(const JsonError& error, const JsonSchema& schema,
                                   std::span<const uint8_t> text);

}  // namespace mainspring
