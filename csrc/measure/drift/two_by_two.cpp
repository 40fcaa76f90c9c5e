// Finds the category whose share is compared.
#include "measure/drift/two_by_two.hpp"

#include <algorithm>
#include <string_view>

namespace mainspring {

TwoByTwo two_by_two(const ColumnPair& pair) {
  std::string_view last;
  for (const CategoryCounts* side : {&pair.reference.categories, &pair.current.categories}) {
    for (const CategoryCounts::Entry& entry : side->entries) {
      last = std::max(last, entry.value);
    }
  }
  TwoByTwo table;
  table.reference_rows = static_cast<double>(pair.reference.present());
  table.current_rows = static_cast<double>(pair.current.present());
  for (const CategoryCounts::Entry& entry : pair.reference.categories.entries) {
    if (entry.value == last) table.reference = static_cast<double>(entry.count);
  }
  for (const CategoryCounts::Entry& entry : pair.current.categories.entries) {
    if (entry.value == last) table.current = static_cast<double>(entry.count);
  }
  return table;
}

}  // namespace mainspring
