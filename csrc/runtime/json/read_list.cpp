// One column as a list of values: tensors and the columns form. Walked once to be counted, then
// read tile by tile beside the lists of the other columns.
#include "runtime/json/read_rows.hpp"

namespace mainspring {
namespace {

/// A value, or in a nested list the list of one around it.
template <class Read>
bool inside_brackets(JsonCursor* cursor, bool is_nested, const Read& read) {
  if (!is_nested) return read();
  if (!cursor->take('[')) return cursor->fail_here("'['");
  if (cursor->peek() == ']') return cursor->fail_here("a value");
  if (!read()) return false;
  return cursor->take(']') || cursor->fail_here("']'");
}

}  // namespace

bool open_list(JsonCursor* cursor, Datatype datatype, bool may_nest, ListReader* list,
               uint64_t* num_values) noexcept {
  if (!cursor->take('[')) return cursor->fail_here("a list");
  *list = {cursor->at, true, may_nest && cursor->peek() == '[', datatype};
  *num_values = 0;
  bool more = false;
  while (true) {
    cursor->error->row = *num_values;
    if (!next_member(cursor, *num_values == 0, ']', &more)) return false;
    if (!more) return true;
    if (!inside_brackets(cursor, list->is_nested, [&] { return skip_value(cursor); })) return false;
    ++*num_values;
  }
}

bool read_list(ListReader* list, const JsonCursor& text, const Field& field, uint32_t count,
               const FieldColumn& column, TextArena* arena) noexcept {
  JsonCursor cursor = text;
  cursor.at = list->at;
  const uint64_t first_row = cursor.error->row;
  bool more = false;
  for (uint32_t row = 0; row < count; ++row) {
    cursor.error->row = first_row + row;
    if (!next_member(&cursor, list->is_first, ']', &more)) return false;
    list->is_first = false;
    if (!inside_brackets(&cursor, list->is_nested, [&] {
          return read_value(&cursor, field, list->datatype, column, row, arena);
        })) {
      return false;
    }
  }
  cursor.error->row = first_row;
  list->at = cursor.at;
  return true;
}

}  // namespace mainspring
