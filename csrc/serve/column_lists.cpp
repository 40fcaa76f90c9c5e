// Names to lists, and the complaints about them.
#include "serve/column_lists.hpp"

#include <algorithm>

#include "host/match_columns.hpp"
#include "host/names.hpp"

namespace mainspring {

uint32_t ColumnLists::find(const std::string& name) const {
  return find_field(schema_.table(), reinterpret_cast<const uint8_t*>(name.data()), name.size());
}

std::string ColumnLists::name_of(uint32_t field) const {
  return std::string(input_name(schema_.plan(), field));
}

void ColumnLists::add(const JsonRequest& request, uint32_t field, const ColumnValues& values,
                      uint64_t num_values, const uint8_t* at) {
  if (is_set_[field]) request.fail(at, "Column '" + name_of(field) + "' came before.");
  if (num_rows_.value_or(num_values) != num_values) {
    request.fail(at, "Column '" + name_of(field) + "' has " + std::to_string(num_values) +
                         " values, the columns before it have " + std::to_string(*num_rows_) + ".");
  }
  num_rows_ = num_values;
  for (; field != kNoField; field = schema_.fields()[field].next_same) {
    lists_[field] = values;
    is_set_[field] = true;
  }
}

void ColumnLists::read_object(JsonRequest* request, const char* what) {
  request->for_members(what, [&](const JsonString& name) {
    const uint32_t field = find(JsonRequest::plain(name));
    if (field == kNoField) {
      request->skip();
      return -1;
    }
    request->cursor().skip_space();
    const uint8_t* const at = request->cursor().at;
    ListReader list;
    uint64_t num_values = 0;
    request->check(open_list(&request->cursor(), Datatype::kAny, false, &list, &num_values), field);
    add(*request, field, {list, std::nullopt}, num_values, at);
    return -1;
  });
}

void ColumnLists::require_all() const {
  std::vector<std::string> missing;
  for (uint32_t i = 0; i < is_set_.size(); ++i) {
    const std::string name = name_of(i);
    if (!is_set_[i] && std::find(missing.begin(), missing.end(), name) == missing.end()) {
      missing.push_back(name);
    }
  }
  if (missing.empty()) return;
  throw Error(ErrorKind::kSchema,
              "The body lacks the column" + std::string(missing.size() == 1 ? " " : "s ") +
                  list_names(missing) + ". Send a list for each, with null for a missing value.")
      .column(missing[0]);
}

}  // namespace mainspring
