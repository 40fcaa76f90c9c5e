// An open-addressing table that grows; the immutable table of a bundle is built from it later.
#include "fit/transforms/key_index.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "host/error.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kFirstCells = 64;

uint64_t word_of(double value) { return __builtin_bit_cast(uint64_t, value == 0 ? 0.0 : value); }

}  // namespace

void KeyIndex::set_type(ValueType type) {
  if (num_keys_ == 0) type_ = type;
  if (type_ != type) {
    throw Error(ErrorKind::kParameter,
                "States learnt from keys of different types cannot be merged.");
  }
}

template <class Same, class Add>
uint32_t KeyIndex::find_or_add(uint64_t hash, const Same& same, const Add& add) {
  const uint64_t mask = cells_.size() - 1;
  for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
    Cell& cell = cells_[at];
    if (cell.number_plus_one == 0) {
      if (num_keys_ >= kMissing - 1) {
        throw Error(ErrorKind::kData, "A column has more than 4,294,967,293 distinct values.");
      }
      cell = Cell{hash, ++num_keys_};
      add();
      return num_keys_ - 1;
    }
    if (cell.hash == hash && same(cell.number_plus_one - 1)) return cell.number_plus_one - 1;
  }
}

uint32_t KeyIndex::find_or_add_bytes(uint64_t hash, std::string_view key) {
  return find_or_add(
      hash, [&](uint32_t number) { return bytes_key(number) == key; },
      [&] {
        arena_.insert(arena_.end(), key.begin(), key.end());
        ends_.push_back(arena_.size());
      });
}

uint32_t KeyIndex::find_or_add_word(uint64_t hash, uint64_t word) {
  return find_or_add(
      hash, [&](uint32_t number) { return words_[number] == word; },
      [&] { words_.push_back(word); });
}

void KeyIndex::grow() {
  std::vector<Cell> old(std::max<uint64_t>(kFirstCells, cells_.size() * 2), Cell{0, 0});
  old.swap(cells_);
  const uint64_t mask = cells_.size() - 1;
  for (const Cell& cell : old) {
    if (cell.number_plus_one == 0) continue;
    uint64_t at = cell.hash & mask;
    while (cells_[at].number_plus_one != 0) at = (at + 1) & mask;
    cells_[at] = cell;
  }
}

void KeyIndex::number_rows(const Tile& tile, uint32_t numbers[kTileRows]) {
  set_type(tile.type);
  while (cells_.size() < 2 * (uint64_t{num_keys_} + tile.num_rows) + 2) grow();
  // All hashes first, so that the cache misses of the probes overlap.
  uint64_t hashes[kTileRows];
  uint64_t words[kTileRows];
  const uint64_t mask = cells_.size() - 1;
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    if (tile.type == ValueType::kBytes) {
      const BytesView& view = values_of<BytesView>(tile)[row];
      hashes[row] = hash_bytes(view.data, view.length);
    } else {
      words[row] = tile.type == ValueType::kF64 ? word_of(values_of<double>(tile)[row])
                   : tile.type == ValueType::kI64
                       ? static_cast<uint64_t>(values_of<int64_t>(tile)[row])
                       : static_cast<uint64_t>(int64_t{values_of<int32_t>(tile)[row]});
      hashes[row] = hash_u64(words[row]);
    }
    __builtin_prefetch(&cells_[hashes[row] & mask]);
  }
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    if (!is_valid(tile.validity, row)) {
      numbers[row] = kMissing;
    } else if (tile.type == ValueType::kBytes) {
      const BytesView& view = values_of<BytesView>(tile)[row];
      numbers[row] =
          find_or_add_bytes(hashes[row], {reinterpret_cast<const char*>(view.data), view.length});
    } else {
      numbers[row] = find_or_add_word(hashes[row], words[row]);
    }
  }
}

std::vector<uint32_t> KeyIndex::absorb(const KeyIndex& other) {
  std::vector<uint32_t> numbers(other.num_keys_);
  if (other.num_keys_ == 0) return numbers;
  set_type(other.type_);
  while (cells_.size() < 2 * (uint64_t{num_keys_} + other.num_keys_) + 2) grow();
  for (const Cell& cell : other.cells_) {
    if (cell.number_plus_one == 0) continue;
    const uint32_t number = cell.number_plus_one - 1;
    numbers[number] = type_ == ValueType::kBytes
                          ? find_or_add_bytes(cell.hash, other.bytes_key(number))
                          : find_or_add_word(cell.hash, other.words_[number]);
  }
  return numbers;
}

bool KeyIndex::less(uint32_t a, uint32_t b) const {
  if (type_ == ValueType::kBytes) return bytes_key(a) < bytes_key(b);  // as unsigned bytes
  if (type_ == ValueType::kF64) return number_key(a) < number_key(b);
  return integer_key(a) < integer_key(b);
}

std::vector<uint32_t> KeyIndex::ascending() const {
  std::vector<uint32_t> order(num_keys_);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) { return less(a, b); });
  return order;
}

void KeyIndex::write(StateWriter& writer, const std::vector<uint32_t>& order) const {
  writer.put<uint8_t>(static_cast<uint8_t>(type_));
  writer.put<uint64_t>(order.size());
  for (const uint32_t number : order) {
    if (type_ == ValueType::kBytes) {
      writer.put_bytes(bytes_key(number));
    } else {
      writer.put<uint64_t>(words_[number]);
    }
  }
}

void KeyIndex::read(StateReader& reader) {
  *this = KeyIndex();
  const auto type = static_cast<ValueType>(reader.get<uint8_t>());
  if (type != ValueType::kBytes && type != ValueType::kF64 && type != ValueType::kI64 &&
      type != ValueType::kI32) {
    StateReader::fail();
  }
  const uint64_t count = reader.get_count(8);
  if (count >= kMissing) StateReader::fail();
  set_type(type);
  while (cells_.size() < 2 * count + 2) grow();
  for (uint64_t i = 0; i < count; ++i) {
    if (type == ValueType::kBytes) {
      const std::string_view key = reader.get_bytes();
      find_or_add_bytes(hash_bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size()), key);
    } else {
      const uint64_t word = reader.get<uint64_t>();
      const double number = __builtin_bit_cast(double, word);
      if (type == ValueType::kF64 && (number != number || word_of(number) != word)) {
        StateReader::fail();
      }
      find_or_add_word(hash_u64(word), word);
    }
  }
  if (num_keys_ != count) StateReader::fail();  // a key was there twice
}

}  // namespace mainspring
