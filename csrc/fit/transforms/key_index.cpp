// An open-addressing table that grows; the immutable table of a bundle is built from it later.
#include "fit/transforms/key_index.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "host/error.hpp"
#include "runtime/core/hash.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kFirstCells = 64;
/// Nobody has counted so many; sums of a few of them fit into 64 bits.
constexpr uint64_t kLargestError = uint64_t{1} << 53;

/// Rows that are looked at one by one where any of them has a new key.
constexpr uint32_t kFewRows = 16;

uint32_t count_missing(const uint32_t* numbers, uint32_t first, uint32_t end) {
  uint32_t count = 0;
  for (uint32_t row = first; row < end; ++row) count += numbers[row] == KeyIndex::kMissing ? 1 : 0;
  return count;
}

uint64_t word_of(double value) { return __builtin_bit_cast(uint64_t, value == 0 ? 0.0 : value); }

}  // namespace

void KeyIndex::set_type(ValueType type) {
  if (size() == 0) type_ = type;
  if (type_ != type) {
    throw Error(ErrorKind::kParameter,
                "States learnt from keys of different types cannot be merged.");
  }
}

uint32_t KeyIndex::find_or_add_word(uint64_t hash, uint64_t word) {
  const uint64_t mask = cells_.size() - 1;
  for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
    Cell& cell = cells_[at];
    if (cell.number_plus_one == 0) {
      if (num_keys_ >= kNotLearnt) {
        throw Error(ErrorKind::kData, "A column has more than 4,294,967,293 distinct values.");
      }
      cell = Cell{hash, ++num_keys_};
      words_.push_back(word);
      return num_keys_ - 1;
    }
    if (cell.hash == hash && words_[cell.number_plus_one - 1] == word) {
      return cell.number_plus_one - 1;
    }
  }
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
  if (tile.type == ValueType::kBytes) {
    number_bytes(tile, numbers);
  } else {
    number_words(tile, numbers);
  }
}

void KeyIndex::number_bytes(const Tile& tile, uint32_t numbers[kTileRows]) {
  const BytesView* keys = values_of<BytesView>(tile);
  const uint32_t num_rows = tile.num_rows;  // which the numbers that are written could be
  int32_t ids[kTileRows];
  table_.find(keys, num_rows, ids);
  for (uint32_t row = 0; row < num_rows; ++row) {
    numbers[row] = static_cast<uint32_t>(ids[row] - 2);  // kMissing where there is none yet
  }
  uint64_t missing[kValidityWords] = {};
  uint32_t num_missing = 0;
  for (uint32_t word = 0; word * 64 < num_rows; ++word) {
    missing[word] = ~tile.validity[word] & all_valid_word(num_rows, word);
    num_missing += static_cast<uint32_t>(__builtin_popcountll(missing[word]));
    for (uint64_t bits = missing[word]; bits != 0; bits &= bits - 1) {
      numbers[word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits))] = kMissing;
    }
  }
  // Most tiles hold no new key, and to count says so without a branch for each row.
  if (count_missing(numbers, 0, num_rows) == num_missing) return;
  for (uint32_t first = 0; first < num_rows; first += kFewRows) {
    const uint32_t end = std::min(first + kFewRows, num_rows);
    const uint64_t bits = missing[first / 64] >> first % 64 & ((uint64_t{1} << kFewRows) - 1);
    num_missing = static_cast<uint32_t>(__builtin_popcountll(bits));
    if (count_missing(numbers, first, end) == num_missing) continue;
    add_new_keys(keys, first, end, bits, numbers);
  }
}

/// Of rows [first, end), of which bits say which are missing.
void KeyIndex::add_new_keys(const BytesView* keys, uint32_t first, uint32_t end, uint64_t missing,
                            uint32_t numbers[kTileRows]) {
  uint32_t rows[kFewRows + 1];
  uint32_t num_rows = 0;
  for (uint32_t row = first; row < end; ++row) {
    rows[num_rows] = row;
    num_rows += numbers[row] == kMissing && (missing >> (row - first) & 1) == 0 ? 1 : 0;
  }
  for (uint32_t i = 0; i < num_rows; ++i) {
    const BytesView& key = keys[rows[i]];
    numbers[rows[i]] = table_.find_or_add({reinterpret_cast<const char*>(key.data), key.length});
  }
}

void KeyIndex::number_words(const Tile& tile, uint32_t numbers[kTileRows]) {
  while (cells_.size() < 2 * (uint64_t{num_keys_} + tile.num_rows) + 2) grow();
  // All hashes first, so that the cache misses of the probes overlap.
  uint64_t hashes[kTileRows];
  uint64_t words[kTileRows];
  const uint64_t mask = cells_.size() - 1;
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    words[row] = tile.type == ValueType::kF64 ? word_of(values_of<double>(tile)[row])
                 : tile.type == ValueType::kI64
                     ? static_cast<uint64_t>(values_of<int64_t>(tile)[row])
                     : static_cast<uint64_t>(int64_t{values_of<int32_t>(tile)[row]});
    hashes[row] = hash_u64(words[row]);
    __builtin_prefetch(&cells_[hashes[row] & mask]);
  }
  const uint64_t nan = __builtin_bit_cast(uint64_t, std::numeric_limits<double>::quiet_NaN());
  const bool may_be_nan = tile.type == ValueType::kF64;
  for (uint32_t row = 0; row < tile.num_rows; ++row) {
    numbers[row] = !is_valid(tile.validity, row)     ? kMissing
                   : may_be_nan && words[row] == nan ? kNotLearnt
                                                     : find_or_add_word(hashes[row], words[row]);
  }
}

std::vector<uint32_t> KeyIndex::absorb(const KeyIndex& other) {
  std::vector<uint32_t> numbers(other.size());
  const uint32_t mine = size();
  if (!numbers.empty()) set_type(other.type_);
  if (type_ == ValueType::kBytes) {
    for (uint32_t number = 0; number < numbers.size(); ++number) {
      numbers[number] = table_.find_or_add(other.bytes_key(number));
    }
  } else {
    while (cells_.size() < 2 * (uint64_t{num_keys_} + other.num_keys_) + 2) grow();
    for (uint32_t number = 0; number < numbers.size(); ++number) {
      const uint64_t word = other.words_[number];
      numbers[number] = find_or_add_word(hash_u64(word), word);
    }
  }
  if (error_ + other.error_ != 0) absorb_errors(other, numbers, mine);
  return numbers;
}

void KeyIndex::absorb_errors(const KeyIndex& other, const std::vector<uint32_t>& numbers,
                             uint32_t mine) {
  gone_by_.resize(mine, error_);
  for (uint64_t& rows : gone_by_) rows += other.error_;  // a key that `other` does not have
  gone_by_.resize(size(), error_ + other.error_);
  for (uint32_t number = 0; number < numbers.size(); ++number) {
    gone_by_[numbers[number]] -= other.error_ - other.gone_by(number);
  }
  error_ += other.error_;
}

std::vector<uint32_t> KeyIndex::heaviest(uint64_t max_keys, std::span<const uint64_t> counts,
                                         uint64_t* taken) const {
  // What the summary of Misra and Gries has as a key's count: what earlier cuts took is gone.
  std::vector<uint64_t> weights(size());
  for (uint32_t number = 0; number < weights.size(); ++number) {
    const uint64_t most = counts[number] + gone_by(number);
    weights[number] = most > error_ ? most - error_ : 0;
  }
  std::vector<uint32_t> kept(size());
  std::iota(kept.begin(), kept.end(), 0);
  const uint64_t num_kept = std::min<uint64_t>(kept.size() - 1, max_keys - max_keys / 2);
  const auto lightest = kept.begin() + static_cast<std::ptrdiff_t>(num_kept);
  std::nth_element(kept.begin(), lightest, kept.end(), [&](uint32_t a, uint32_t b) {
    return weights[a] != weights[b] ? weights[a] > weights[b] : a < b;
  });
  // Of every key that stays as much is taken as the heaviest one that goes has: half of max_keys
  // times that never exceeds the rows that were given, which bounds error().
  *taken = weights[*lightest];
  kept.resize(num_kept);
  std::sort(kept.begin(), kept.end());
  return kept;
}

KeyIndex KeyIndex::cut(std::span<const uint32_t> kept, uint64_t taken) const {
  KeyIndex after;
  after.type_ = type_;
  if (type_ == ValueType::kBytes) {
    after.table_.reserve(kept.size());
  } else {
    while (after.cells_.size() < 2 * kept.size() + 2) after.grow();
  }
  after.error_ = error_ + taken;
  for (const uint32_t number : kept) {
    if (type_ == ValueType::kBytes) {
      after.table_.find_or_add(bytes_key(number));
    } else {
      after.find_or_add_word(hash_u64(words_[number]), words_[number]);
    }
    after.gone_by_.push_back(gone_by(number));
  }
  return after;
}

uint64_t KeyIndex::order_word(uint32_t number) const {
  if (type_ == ValueType::kBytes) return table_.first_bytes(number);
  const uint64_t word = words_[number];
  constexpr uint64_t kSign = uint64_t{1} << 63;
  if (type_ != ValueType::kF64) return word ^ kSign;
  return (word & kSign) != 0 ? ~word : word | kSign;
}

bool KeyIndex::less(uint32_t a, uint32_t b) const {
  if (type_ == ValueType::kBytes) return bytes_key(a) < bytes_key(b);  // as unsigned bytes
  if (type_ == ValueType::kF64) return number_key(a) < number_key(b);
  return integer_key(a) < integer_key(b);
}

std::vector<uint32_t> KeyIndex::ascending() const {
  struct Ranked {
    uint64_t word;
    uint32_t number;
  };
  std::vector<Ranked> ranked(size());
  for (uint32_t number = 0; number < ranked.size(); ++number) {
    ranked[number] = {order_word(number), number};
  }
  std::sort(ranked.begin(), ranked.end(), [this](const Ranked& a, const Ranked& b) {
    return a.word != b.word ? a.word < b.word : less(a.number, b.number);
  });
  std::vector<uint32_t> order(ranked.size());
  std::transform(ranked.begin(), ranked.end(), order.begin(),
                 [](const Ranked& key) { return key.number; });
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
  writer.put(error_);
  if (error_ == 0) return;
  for (const uint32_t number : order) writer.put(gone_by(number));
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
  while (type != ValueType::kBytes && cells_.size() < 2 * count + 2) grow();
  for (uint64_t i = 0; i < count; ++i) {
    if (type == ValueType::kBytes) {
      table_.find_or_add(reader.get_bytes());
    } else {
      const uint64_t word = reader.get<uint64_t>();
      const double number = __builtin_bit_cast(double, word);
      if (type == ValueType::kF64 && (number != number || word_of(number) != word)) {
        StateReader::fail();
      }
      find_or_add_word(hash_u64(word), word);
    }
  }
  if (size() != count) StateReader::fail();  // a key was there twice
  error_ = reader.get<uint64_t>();
  if (error_ > kLargestError) StateReader::fail();
  if (error_ == 0) return;
  for (uint64_t i = 0; i < count; ++i) {
    gone_by_.push_back(reader.get<uint64_t>());
    if (gone_by_.back() > error_) StateReader::fail();
  }
}

}  // namespace mainspring
