// Objects to rows. A name is first compared with the one that stood at its place in the row before:
// rows of one body have one order, so the hash is seldom needed.
#include "runtime/json/read_rows.hpp"

namespace mainspring {
namespace {

/// The field of the name at the cursor, which is moved behind its colon.
bool read_field_name(JsonRowReader* reader, uint32_t place, uint32_t* number) {
  JsonCursor& cursor = reader->cursor;
  const FieldTable& table = *reader->table;
  if (place < table.num_fields && cursor.peek() == '"') {
    const Field& guess = table.fields[reader->order[place]];
    if (is_written_at(guess, cursor.at, cursor.end)) {
      *number = reader->order[place];
      cursor.at += guess.name_length + 2;
      if (cursor.at != cursor.end && *cursor.at == ':') {
        ++cursor.at;
        return true;
      }
      return cursor.take(':') || cursor.fail_here("':'");
    }
  }
  JsonString name;
  if (!read_name(&cursor, &name)) return false;
  if (name.has_escape) {
    // Behind the texts of this tile: the name is not kept.
    uint8_t* const plain = reader->arena->data + reader->arena->used;
    *number = find_field(table, plain, unescape(name, plain));
  } else {
    *number = find_field(table, name.begin, name.length);
  }
  if (place < table.num_fields && *number != kNoField) reader->order[place] = *number;
  return true;
}

/// One value into every field of its name.
bool read_fields(JsonRowReader* reader, uint32_t number, uint32_t row, const FieldColumn* columns) {
  JsonCursor& cursor = reader->cursor;
  const uint8_t* const value = cursor.at;
  for (; number != kNoField; number = reader->table->fields[number].next_same) {
    cursor.at = value;
    if (!read_value(&cursor, reader->table->fields[number], Datatype::kAny, columns[number], row,
                    reader->arena)) {
      cursor.error->field = number;
      return false;
    }
  }
  return true;
}

/// The first field that the row lacks.
bool fail_missing(JsonRowReader* reader) {
  const JsonCursor& cursor = reader->cursor;
  cursor.fail(JsonCode::kMissingField, cursor.begin + reader->row_offset);
  for (uint32_t i = 0; i < reader->table->num_fields; ++i) {
    if (reader->seen[i] != reader->num_rows + 1) {
      cursor.error->field = i;
      break;
    }
  }
  return false;
}

bool read_row(JsonRowReader* reader, uint32_t row, const FieldColumn* columns) {
  JsonCursor& cursor = reader->cursor;
  cursor.error->row = reader->num_rows;
  if (cursor.peek() != '{') return cursor.fail_here("an object");
  reader->row_offset = static_cast<uint64_t>(cursor.at - cursor.begin);
  ++cursor.at;
  uint32_t num_seen = 0;
  uint32_t num_others = 0;
  uint32_t place = 0;
  bool more = false;
  for (bool first = true;; first = false) {
    if (!next_member(&cursor, first, '}', &more)) return false;
    if (!more) break;
    uint32_t number = kNoField;
    cursor.skip_space();
    const uint8_t* const name = cursor.at;
    if (!read_field_name(reader, place, &number)) return false;
    if (place < reader->table->num_fields) ++place;
    if (number == kNoField) {
      if (++num_others > kMaxOtherNames) return cursor.fail(JsonCode::kTooManyNames, name);
      if (!skip_value(&cursor)) return false;
      continue;
    }
    if (reader->seen[number] == reader->num_rows + 1) {
      cursor.fail(JsonCode::kTwice, name);
      cursor.error->field = number;
      return false;
    }
    if (!read_fields(reader, number, row, columns)) return false;
    for (; number != kNoField; number = reader->table->fields[number].next_same) {
      reader->seen[number] = reader->num_rows + 1;
      ++num_seen;
    }
  }
  if (num_seen != reader->table->num_fields) return fail_missing(reader);
  ++reader->num_rows;
  return true;
}

/// Whether the object at the cursor begins {"rows": [; moves behind the bracket if so.
bool take_rows_opening(JsonCursor* cursor) {
  JsonCursor ahead = *cursor;
  JsonError ignored;
  ahead.error = &ignored;
  JsonString name;
  if (!ahead.take('{') || ahead.peek() != '"' || !read_name(&ahead, &name)) return false;
  if (!equals(name, "rows") || !ahead.take('[')) return false;
  cursor->at = ahead.at;
  return true;
}

bool close_rows(JsonRowReader* reader) {
  JsonCursor& cursor = reader->cursor;
  if (reader->form == 'r' && !cursor.take('}')) return cursor.fail_here("'}'");
  reader->is_done = true;
  return read_end(&cursor);
}

}  // namespace

bool open_rows(JsonRowReader* reader) noexcept {
  JsonCursor& cursor = reader->cursor;
  if (!check_text(cursor)) return false;
  for (uint32_t i = 0; i < reader->table->num_fields; ++i) {
    reader->order[i] = i;
    reader->seen[i] = 0;
  }
  if (take_rows_opening(&cursor)) {
    reader->form = 'r';
  } else if (cursor.take('[')) {
    reader->form = 'l';
  } else if (cursor.peek() == '{') {
    reader->form = 'o';
  } else {
    return cursor.fail_here("a list of objects, {\"rows\": [...]}, or one object");
  }
  return true;
}

bool read_rows(JsonRowReader* reader, uint32_t capacity, const FieldColumn* columns,
               uint32_t* count) noexcept {
  JsonCursor& cursor = reader->cursor;
  reader->arena->used = 0;
  *count = 0;
  while (*count < capacity && !reader->is_done) {
    if (reader->form == 'o') {
      if (!read_row(reader, *count, columns)) return false;
      ++*count;
      return close_rows(reader);
    }
    bool more = false;
    cursor.error->row = reader->num_rows;
    if (!next_member(&cursor, reader->num_rows == 0, ']', &more)) return false;
    if (!more) return close_rows(reader);
    if (!read_row(reader, *count, columns)) return false;
    ++*count;
  }
  return true;
}

}  // namespace mainspring
