// Hashes a column of ids.
#include "measure/monitor/row_ids.hpp"

#include <string>

#include "host/error.hpp"
#include "profile/column_profile.hpp"
#include "profile/walk_tiles.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

// hash_u64 is a bijection: `high` alone tells integers apart.
RowId id_of(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  return {hash_u64(bits), hash_u64(bits ^ kMissingHash)};
}

// The second half of the bits comes of other inputs: the two halves of the text, in reverse.
RowId id_of(const BytesView& text) {
  const uint64_t half = text.length / 2;
  const uint64_t first = hash_bytes(text.data, half);
  const uint64_t second = hash_bytes(text.data + half, text.length - half);
  return {hash_bytes(text.data, text.length), combine_hashes(second, first)};
}

IdKind id_kind_of(const Table::Column& column) {
  const ColumnKind kind =
      column.readable && !column.is_list ? kind_of(column) : ColumnKind::kSkipped;
  if (kind == ColumnKind::kText) return IdKind::kText;
  if (kind == ColumnKind::kUnknown) return IdKind::kNone;
  if (kind == ColumnKind::kNumber && column.type_name.find("int") != std::string::npos) {
    return IdKind::kInteger;
  }
  throw Error(ErrorKind::kSchema, "Column '" + column.name + "' has type " + column.type_name +
                                      ", expected ids: integers or text. Cast it.")
      .column(column.name)
      .expected("integers or text")
      .got(column.type_name)
      .hint("Cast it.");
}

}  // namespace

RowIds read_row_ids(const Table& table, uint32_t column) {
  const Table::Column& info = table.columns()[column];
  RowIds found{id_kind_of(info), {}};
  found.ids.reserve(table.num_rows());
  const auto take = [&]<class T>(const Tile& tile) {
    for (uint32_t row = 0; row < tile.num_rows; ++row) {
      if (!is_valid(tile.validity, row)) {
        const uint64_t at = found.ids.size();
        throw Error(ErrorKind::kData, "Column '" + info.name + "', row " + std::to_string(at) +
                                          ": the id is missing. Leave such rows out.")
            .column(info.name)
            .row(at)
            .expected("an id")
            .got("missing");
      }
      found.ids.push_back(id_of(values_of<T>(tile)[row]));
    }
  };
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const bool text = found.kind != IdKind::kInteger;
    for_each_tile(table.batch_column(batch, column), text ? InputKind::kBytes : InputKind::kInteger,
                  [&](const Tile& tile, uint64_t) {
                    text ? take.template operator()<BytesView>(tile)
                         : take.template operator()<int64_t>(tile);
                  });
  }
  return found;
}

}  // namespace mainspring
