// Rows become keys of bytes, a tile at a time; keys that were seen lie in one arena, and a table of
// open addressing finds them.
#include "host/distinct_rows.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "host/error.hpp"
#include "runtime/arrow/bitmap.hpp"
#include "runtime/arrow/decoders.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

/// Bytes of a value of fixed width; 0: bytes of any length, or one bit.
uint32_t fixed_bytes(ColumnType type) {
  switch (type) {
    case ColumnType::kI8:
    case ColumnType::kU8: return 1;
    case ColumnType::kI16:
    case ColumnType::kU16:
    case ColumnType::kF16: return 2;
    case ColumnType::kI32:
    case ColumnType::kU32:
    case ColumnType::kF32:
    case ColumnType::kDate32: return 4;
    case ColumnType::kI64:
    case ColumnType::kU64:
    case ColumnType::kF64:
    case ColumnType::kDate64:
    case ColumnType::kTimestamp: return 8;
    default: return is_decimal(type) ? decimal_bytes(type) : 0;
  }
}

/// The bits of a float, where all NaN are one and -0 is 0.
template <class Bits>
void unify_float(uint8_t* at, Bits infinity) {
  Bits bits = load<Bits>(at);
  const auto size = static_cast<Bits>(bits & static_cast<Bits>(~Bits{0} >> 1));
  if (size == 0) bits = 0;
  if (size > infinity) bits = static_cast<Bits>(infinity + 1);
  std::memcpy(at, &bits, sizeof bits);
}

void unify(ColumnType type, uint8_t* at) {
  if (type == ColumnType::kF16) unify_float<uint16_t>(at, 0x7c00);
  if (type == ColumnType::kF32) unify_float<uint32_t>(at, 0x7f800000);
  if (type == ColumnType::kF64) unify_float<uint64_t>(at, uint64_t{0x7ff} << 52);
}

/// The keys of the rows of a tile.
class TileKeys {
 public:
  void begin(uint32_t num_rows) {
    num_rows_ = num_rows;
    for (uint32_t row = 0; row < num_rows; ++row) keys_[row].clear();
  }

  /// Each value says first whether it is there; one of no fixed width then how long it is. So no
  /// two rows that differ have one key.
  void add(const ColumnView& column, uint64_t first_row, const Kernels& kernels) {
    const ColumnView& leaf = leaf_of(column);
    const Tile tile{ValueType::kBytes, num_rows_, views_, validity_, nullptr};
    const uint32_t width = fixed_bytes(leaf.type);
    if (leaf.type == ColumnType::kNull || (width == 0 && leaf.type != ColumnType::kBool)) {
      decode_tile(column, InputKind::kBytes, TimeUnit::kNone, first_row, kernels, tile);
      for_each_row([&](std::string& key, uint32_t row) {
        const BytesView view = views_[row];
        key.append(reinterpret_cast<const char*>(&view.length), sizeof view.length);
        key.append(reinterpret_cast<const char*>(view.data), view.length);
      });
      return;
    }
    const uint64_t first = column.offset + first_row;
    read_bitmap(column.validity, first, num_rows_, validity_);
    uint64_t entries[kTileRows];
    if (is_indirect(column)) {
      read_entries(column, first, tile, entries);
    } else {
      for (uint32_t row = 0; row < num_rows_; ++row) entries[row] = first + row;
    }
    const auto* values = static_cast<const uint8_t*>(leaf.values);
    for_each_row([&](std::string& key, uint32_t row) {
      const uint64_t entry = entries[row];
      if (width == 0) {
        key += static_cast<char>((values[entry >> 3] >> (entry & 7)) & 1);
        return;
      }
      uint8_t value[32];
      std::memcpy(value, values + entry * width, width);
      unify(leaf.type, value);
      key.append(reinterpret_cast<const char*>(value), width);
    });
  }

  const std::string& key(uint32_t row) const { return keys_[row]; }

 private:
  template <class Body>
  void for_each_row(Body body) {
    for (uint32_t row = 0; row < num_rows_; ++row) {
      const bool is_present = is_valid(validity_, row);
      keys_[row] += static_cast<char>(is_present);
      if (is_present) body(keys_[row], row);
    }
  }

  uint32_t num_rows_ = 0;
  alignas(64) BytesView views_[kTileRows];
  alignas(64) uint64_t validity_[kValidityWords];
  std::string keys_[kTileRows];
};

/// Keys that were seen, and for each the row that stands for it.
class SeenRows {
 public:
  struct Entry {
    uint64_t hash;
    uint64_t row;  // the first with this key, or the last so far
    uint64_t begin, length;
  };

  /// The entry of the key, and whether it is new: then `row` stands for it.
  std::pair<Entry*, bool> find_or_add(const std::string& key, uint64_t row) {
    if (2 * (entries_.size() + 1) > cells_.size()) grow();
    const uint64_t hash = hash_bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size());
    const uint64_t at = cell_of(key, hash);
    if (cells_[at] != 0) return {&entries_[cells_[at] - 1], false};
    entries_.push_back({hash, row, arena_.size(), key.size()});
    arena_.insert(arena_.end(), key.begin(), key.end());
    cells_[at] = entries_.size();
    return {&entries_.back(), true};
  }
  /// Null where the key was not seen.
  const Entry* find(const std::string& key) const {
    if (cells_.empty()) return nullptr;
    const uint64_t at =
        cell_of(key, hash_bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size()));
    return cells_[at] == 0 ? nullptr : &entries_[cells_[at] - 1];
  }

 private:
  /// The cell of the key, or the empty one where it would be.
  uint64_t cell_of(const std::string& key, uint64_t hash) const {
    uint64_t at = hash & (cells_.size() - 1);
    for (; cells_[at] != 0; at = (at + 1) & (cells_.size() - 1)) {
      const Entry& entry = entries_[cells_[at] - 1];
      if (entry.hash == hash && entry.length == key.size() &&
          std::memcmp(arena_.data() + entry.begin, key.data(), key.size()) == 0) {
        break;
      }
    }
    return at;
  }
  void grow() {
    cells_.assign(std::max<size_t>(1024, 2 * cells_.size()), 0);
    for (size_t i = 0; i < entries_.size(); ++i) {
      uint64_t at = entries_[i].hash & (cells_.size() - 1);
      while (cells_[at] != 0) at = (at + 1) & (cells_.size() - 1);
      cells_[at] = i + 1;
    }
  }

  std::vector<uint64_t> cells_;  // 0, or 1 + the entry
  std::vector<Entry> entries_;
  std::vector<char> arena_;
};

void check_type(const Table::Column& column) {
  if (!column.is_list) return;
  throw Error(ErrorKind::kSchema, "Column '" + column.name + "' has type " + column.type_name +
                                      ", expected a single value in each row to compare. Name the "
                                      "columns to compare by subset=.")
      .column(column.name)
      .expected("a single value in each row")
      .got(column.type_name)
      .hint("subset=");
}

bool is_text(ColumnType type) { return fixed_bytes(type) == 0 && type != ColumnType::kBool; }

/// Whether equal values of the two have equal keys.
bool same_form(const Table::Column& a, const Table::Column& b) {
  if (a.type == ColumnType::kNull || b.type == ColumnType::kNull) return true;
  if (is_text(a.type) && is_text(b.type)) return true;
  return a.type == b.type && a.scale == b.scale && a.unit == b.unit;
}

/// visit(row, key) for each row of the table, in order.
template <class Visit>
void for_each_row(const Table& table, std::span<const uint32_t> columns, TileKeys& keys,
                  const Visit& visit) {
  for (const uint32_t column : columns) check_type(table.columns()[column]);
  const Kernels& kernels = *kernels_for(detect_isa());
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    const uint64_t num_rows = table.batch_rows(batch);
    const uint64_t before = table.batch_first_row(batch);
    for (uint64_t first = 0; first < num_rows; first += kTileRows) {
      const auto count = static_cast<uint32_t>(std::min<uint64_t>(kTileRows, num_rows - first));
      keys.begin(count);
      for (const uint32_t column : columns) {
        keys.add(table.batch_column(batch, column), first, kernels);
      }
      for (uint32_t i = 0; i < count; ++i) visit(before + first + i, keys.key(i));
    }
  }
}

/// Stands for a key that several rows have, where none of them stays.
constexpr uint64_t kNobody = UINT64_MAX;

}  // namespace

void mark_distinct_rows(const Table& table, std::span<const uint32_t> columns, KeepRows keep,
                        uint8_t* kept) {
  const auto keys = std::make_unique<TileKeys>();
  SeenRows seen;
  for_each_row(table, columns, *keys, [&](uint64_t row, const std::string& key) {
    const auto [entry, is_new] = seen.find_or_add(key, row);
    kept[row] = is_new || keep == KeepRows::kLast ? 1 : 0;
    if (is_new || keep == KeepRows::kFirst) return;
    kept[entry->row] = 0;
    if (keep == KeepRows::kLast) entry->row = row;
  });
}

struct DistinctRows::Impl {
  SeenRows seen;
  TileKeys keys;
  std::vector<Table::Column> columns;  // of the first table, those that are compared
  uint64_t num_rows = 0;
};

DistinctRows::DistinctRows(KeepRows keep) : keep_(keep), impl_(std::make_unique<Impl>()) {}
DistinctRows::DistinctRows(DistinctRows&&) noexcept = default;
DistinctRows& DistinctRows::operator=(DistinctRows&&) noexcept = default;
DistinctRows::~DistinctRows() = default;

void DistinctRows::check_columns(const Table& table, std::span<const uint32_t> columns) {
  if (impl_->columns.empty()) {
    for (const uint32_t column : columns) impl_->columns.push_back(table.columns()[column]);
  }
  for (size_t i = 0; i < columns.size() && i < impl_->columns.size(); ++i) {
    Table::Column& first = impl_->columns[i];
    const Table::Column& column = table.columns()[columns[i]];
    if (!same_form(first, column)) {
      throw Error(ErrorKind::kSchema, "Column '" + column.name + "' has type " + column.type_name +
                                          ", expected " + first.type_name +
                                          ", as in the parts before. Cast it.")
          .column(column.name)
          .expected(first.type_name)
          .got(column.type_name);
    }
    if (first.type == ColumnType::kNull) first = column;
  }
}

void DistinctRows::look(const Table& table, std::span<const uint32_t> columns, uint8_t* is_new) {
  check_columns(table, columns);
  for_each_row(table, columns, impl_->keys, [&](uint64_t row, const std::string& key) {
    const auto [entry, added] = impl_->seen.find_or_add(key, impl_->num_rows + row);
    is_new[row] = added ? 1 : 0;
    if (added || keep_ == KeepRows::kFirst) return;
    entry->row = keep_ == KeepRows::kLast ? impl_->num_rows + row : kNobody;
  });
  impl_->num_rows += table.num_rows();
}

void DistinctRows::mark(const Table& table, std::span<const uint32_t> columns, uint64_t first_row,
                        uint8_t* kept) const {
  for_each_row(table, columns, impl_->keys, [&](uint64_t row, const std::string& key) {
    const SeenRows::Entry* entry = impl_->seen.find(key);
    kept[row] = entry != nullptr && entry->row == first_row + row ? 1 : 0;
  });
}

}  // namespace mainspring
