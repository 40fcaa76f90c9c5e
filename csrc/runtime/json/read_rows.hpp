// Rows of JSON objects straight into typed columns, a tile at a time: no tree of values, no memory
// beyond the caller's tile. The text is a list of objects, {"rows": [...]}, or one object.
//
// Every value is walked and checked, those of unknown names too; unknown names are ignored. Each
// row must have every field once; null is a missing value.
#pragma once
#include "runtime/json/field_table.hpp"

namespace mainspring {

struct JsonRowReader {
  JsonCursor cursor;
  const FieldTable* table;
  uint32_t* order;          // [num_fields]: which field stood at each place of the row before
  uint64_t* seen;           // [num_fields]: 1 + the last row that had the field
  TextArena* arena;         // with room for the text once for each field of a name, where the text
                            // has a backslash or a field is binary
  uint64_t num_rows = 0;    // read so far
  uint64_t row_offset = 0;  // where the last row begins
  uint8_t form = 0;         // 'o' one object, 'l' a list, 'r' {"rows": [...]}
  bool is_done = false;
};

/// Begins; clears `order` and `seen`. False with reader->cursor.error set.
bool open_rows(JsonRowReader* reader) noexcept;

/// Reads up to `capacity` rows, into rows 0, 1, ... of `columns` (one for each field, validity
/// cleared); *count says how many. is_done after the last. False with the error set.
bool read_rows(JsonRowReader* reader, uint32_t capacity, const FieldColumn* columns,
               uint32_t* count) noexcept;

/// The values of one field as a JSON list, tile by tile.
struct ListReader {
  const uint8_t* at;  // behind the bracket or the value before
  bool is_first;
  bool is_nested;  // each value is a list of one
  Datatype datatype;
};

/// Walks the list at the cursor, counts its values and makes a reader of it. With `may_nest` each
/// value may be a list of one value.
bool open_list(JsonCursor* cursor, Datatype datatype, bool may_nest, ListReader* list,
               uint64_t* num_values) noexcept;

/// The next `count` values, which the list is known to have.
bool read_list(ListReader* list, const JsonCursor& text, const Field& field, uint32_t count,
               const FieldColumn& column, TextArena* arena) noexcept;

}  // namespace mainspring
