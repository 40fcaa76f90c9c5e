// Reads a column row by row, as numbers, strings or times.
#include "measure/checks/row_column.hpp"

#include <limits>
#include <string_view>
#include <unordered_map>

#include "host/error.hpp"
#include "profile/walk_tiles.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct TextHash {
  size_t operator()(std::string_view text) const {
    return hash_bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
};

void read_numbers(const ColumnView& view, bool is_time, std::vector<double>* out) {
  for_each_tile(view, is_time ? InputKind::kTimestamp : InputKind::kFloat,
                [&](const Tile& tile, uint64_t) {
                  for (uint32_t i = 0; i < tile.num_rows; ++i) {
                    const bool valid = is_valid(tile.validity, i);
                    out->push_back(!valid    ? kNan
                                   : is_time ? static_cast<double>(values_of<int64_t>(tile)[i])
                                             : values_of<double>(tile)[i]);
                  }
                });
}

}  // namespace

RowColumn read_rows(const Table& table, uint32_t column, const RowColumn* like) {
  const Table::Column& info = table.columns()[column];
  RowColumn rows{info.name, info.type_name, kind_of(info), info.time_zone, {}, {}, 1, {}};
  if (info.is_list) {
    throw Error(ErrorKind::kSchema, "Column '" + info.name + "' has type " + info.type_name +
                                        ", expected one value for each row: a number, string, "
                                        "boolean or time. Leave it out of the checks.")
        .column(info.name)
        .expected("one value for each row")
        .got(info.type_name);
  }
  std::unordered_map<std::string_view, uint32_t, TextHash> numbers;
  if (like != nullptr) {
    rows.texts = like->texts;
    rows.num_codes = like->num_codes;
    for (uint32_t i = 0; i < rows.texts.size(); ++i) numbers.emplace(rows.texts[i], i + 1);
  }
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const ColumnView& view = table.batch_column(batch, column);
    if (rows.kind == ColumnKind::kUnknown) {
      rows.numbers.resize(rows.numbers.size() + view.length, kNan);
    } else if (!rows.has_codes()) {
      read_numbers(view, rows.kind == ColumnKind::kTimestamp, &rows.numbers);
    } else {
      for_each_tile(view, InputKind::kBytes, [&](const Tile& tile, uint64_t) {
        for (uint32_t i = 0; i < tile.num_rows; ++i) {
          uint32_t code = 0;
          if (is_valid(tile.validity, i)) {
            const BytesView& bytes = values_of<BytesView>(tile)[i];
            const std::string_view text(reinterpret_cast<const char*>(bytes.data), bytes.length);
            const auto [entry, added] = numbers.try_emplace(text, rows.num_codes);
            if (added) {
              ++rows.num_codes;
              rows.texts.push_back(text);
            }
            code = entry->second;
          }
          rows.codes.push_back(code);
        }
      });
    }
  }
  return rows;
}

}  // namespace mainspring
