// The columns of a request that come as lists or tensors: one for each field, all of one length.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "host/predict_json.hpp"
#include "serve/json_request.hpp"

namespace mainspring {

class ColumnLists {
 public:
  explicit ColumnLists(const JsonSchema& schema)
      : schema_(schema), lists_(schema.fields().size()), is_set_(schema.fields().size()) {}

  /// The first field of that name, or kNoField.
  uint32_t find(const std::string& name) const;

  /// Takes a list for every field of that name. Throws when the column came before, or when its
  /// length is not that of the columns before it. `at` is where the complaint points.
  void add(const JsonRequest& request, uint32_t field, const ColumnValues& values,
           uint64_t num_values, const uint8_t* at);

  /// Reads {"name": [...], ...}; names that no column has are walked.
  void read_object(JsonRequest* request, const char* what);

  /// Throws Error(kSchema) naming the columns that did not come.
  void require_all() const;

  uint64_t num_rows() const { return num_rows_.value_or(0); }
  std::vector<ColumnValues>& lists() { return lists_; }

 private:
  std::string name_of(uint32_t field) const;

  const JsonSchema& schema_;
  std::vector<ColumnValues> lists_;
  std::vector<bool> is_set_;
  std::optional<uint64_t> num_rows_;
};

}  // namespace mainspring
