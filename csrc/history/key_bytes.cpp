// Reads the columns of keys, then writes them row by row.
#include "history/key_bytes.hpp"

#include <cstring>

#include "history/key_ids.hpp"
#include "profile/walk_tiles.hpp"

namespace mainspring {

namespace {

struct KeyColumn {
  char letter;
  std::vector<uint64_t> words;
  std::vector<uint8_t> valid;
  std::vector<BytesView> texts;
};

KeyColumn read_column(const Table& table, uint32_t column) {
  const Table::Column& info = table.columns()[column];
  KeyColumn read;
  read.words.resize(table.num_rows());
  read.valid.resize(table.num_rows());
  read_words(table, column, read.words.data(), read.valid.data());
  const bool is_float = info.type == ColumnType::kF16 || info.type == ColumnType::kF32 ||
                        info.type == ColumnType::kF64;
  const bool is_text = info.type >= ColumnType::kUtf8 && info.type <= ColumnType::kUtf8View;
  const bool is_binary = info.type >= ColumnType::kBinary && info.type <= ColumnType::kFixedBinary;
  const bool is_time = info.type == ColumnType::kDate32 || info.type == ColumnType::kDate64 ||
                       info.type == ColumnType::kTimestamp;
  read.letter = is_text || is_binary ? 't' : is_float ? 'f' : is_time ? 'd' : 'i';
  if (read.letter != 't') return read;
  read.texts.resize(table.num_rows());
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    BytesView* out = read.texts.data() + table.batch_first_row(batch);
    for_each_tile(table.batch_column(batch, column), InputKind::kBytes,
                  [&](const Tile& tile, uint64_t first) {
                    for (uint32_t row = 0; row < tile.num_rows; ++row) {
                      out[first + row] = values_of<BytesView>(tile)[row];
                    }
                  });
  }
  return read;
}

void append_word(std::string* bytes, uint64_t word) {
  char raw[sizeof(word)];
  std::memcpy(raw, &word, sizeof(word));
  bytes->append(raw, sizeof(raw));
}

}  // namespace

void append_number(std::string* key, char letter, uint64_t word) {
  key->push_back(letter);
  append_word(key, word);
}

void append_text(std::string* key, std::string_view text) {
  key->push_back('t');
  append_word(key, text.size());
  key->append(text);
}

KeyBytes key_bytes(const Table& table, std::span<const uint32_t> columns) {
  std::vector<KeyColumn> read;
  for (const uint32_t column : columns) read.push_back(read_column(table, column));
  const uint64_t num_rows = table.num_rows();
  KeyBytes keys;
  keys.bytes.reserve(num_rows * columns.size() * 9);
  keys.starts.reserve(num_rows + 1);
  keys.valid.assign(num_rows, 1);
  for (uint64_t row = 0; row < num_rows; ++row) {
    keys.starts.push_back(keys.bytes.size());
    for (const KeyColumn& column : read) {
      keys.valid[row] &= column.valid[row];
      if (column.letter != 't') {
        append_number(&keys.bytes, column.letter, column.words[row]);
        continue;
      }
      const BytesView& text = column.texts[row];
      append_text(&keys.bytes, {reinterpret_cast<const char*>(text.data), text.length});
    }
  }
  keys.starts.push_back(keys.bytes.size());
  return keys;
}

}  // namespace mainspring
