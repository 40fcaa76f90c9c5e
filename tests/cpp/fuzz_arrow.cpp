// Columns with random damage: each is either refused or decodes without a read outside its buffers.
// An input is the seed of the random numbers that make and damage a column.
#include <cstring>

#include "arrow_column.hpp"
#include "fuzz.hpp"
#include "runtime/arrow/decode_tile.hpp"

namespace mainspring {
namespace {

Random generator;

uint64_t below(uint64_t bound) { return generator() % bound; }

uint64_t get_word(const Bytes& input) {
  uint64_t word = 0;
  std::memcpy(&word, input.data(), std::min(input.size(), sizeof(word)));
  return word;
}

Strings random_strings(uint64_t count) {
  Strings rows;
  for (uint64_t i = 0; i < count; ++i) {
    rows.push_back(below(6) == 0 ? std::nullopt : std::optional(std::string(below(25), 'x')));
  }
  return rows;
}

void damage(ArrowColumn& column, uint64_t buffer, uint64_t num_bytes) {
  auto* bytes = static_cast<uint8_t*>(const_cast<void*>(column.pointers()[buffer]));
  for (uint64_t i = below(4); i > 0 && num_bytes > 0; --i) {
    bytes[below(num_bytes)] = static_cast<uint8_t>(below(3) == 0 ? generator() : below(30));
  }
}

// How long the bytes of a string column are, nobody is told but by its last offset: that one stays,
// and a damaged one never exceeds it.
void damage_offsets(ArrowColumn& column) {
  auto* offsets = static_cast<int32_t*>(const_cast<void*>(column.pointers()[1]));
  const uint64_t last = static_cast<uint64_t>(column.array.length + column.array.offset);
  for (uint64_t i = below(3); i > 0 && last > 0; --i) {
    const int32_t value = static_cast<int32_t>(generator());
    offsets[below(last)] = value > offsets[last] ? value % (offsets[last] + 1) : value;
  }
}

std::unique_ptr<ArrowColumn> random_column() {
  const uint64_t rows = 1 + below(150);
  const uint64_t offset = below(70);
  switch (below(3)) {
    case 0: {
      auto column = offset_strings<int32_t>("u", random_strings(rows), offset);
      damage_offsets(*column);
      return column;
    }
    case 1: {
      auto column = view_strings(random_strings(rows), offset);
      damage(*column, 1, (rows + offset) * 16);
      damage(*column, 0, (rows + offset + 7) / 8);
      return column;
    }
    default: {
      const uint64_t entries = 1 + below(40);
      std::vector<std::optional<int8_t>> indices;
      for (uint64_t i = 0; i < rows; ++i) indices.push_back(static_cast<int8_t>(below(entries)));
      auto dictionary = below(2) == 0
                            ? view_strings(random_strings(entries), offset)
                            : offset_strings<int32_t>("u", random_strings(entries), offset);
      auto column = index_column<int8_t>("c", indices, offset, std::move(dictionary));
      damage(*column, 1, rows + offset);
      return column;
    }
  }
}

// Only what shortens an array is memory that is really there; the rest must be refused.
void damage_shape(ArrowColumn& column) {
  switch (below(12)) {
    case 0: column.array.length -= static_cast<int64_t>(below(3)); break;
    case 1: column.array.length = -static_cast<int64_t>(below(1000)); break;
    case 2: column.array.offset = -static_cast<int64_t>(1 + below(1000)); break;
    case 3: column.array.n_buffers = static_cast<int64_t>(below(3)); break;
    case 4: column.pointers()[1] = nullptr; break;
    case 5: column.array.buffers = nullptr; break;
    case 6: column.array.dictionary = nullptr; break;
    case 7: column.array.offset = INT64_MAX - static_cast<int64_t>(below(9)); break;
    default: break;
  }
}

// Returns the sum of all bytes, so that every one of them is read.
uint64_t read_all(const ColumnView& view) {
  alignas(64) BytesView values[kTileRows];
  alignas(64) uint64_t validity[kValidityWords];
  const uint32_t rows = static_cast<uint32_t>(view.length);
  const Tile tile{ValueType::kBytes, rows, values, validity, nullptr};
  decode_tile(view, InputKind::kBytes, TimeUnit::kNone, 0, *kernels_for(detect_isa()), tile);
  uint64_t sum = 0;
  for (uint32_t row = 0; row < rows; ++row) {
    for (uint64_t i = 0; i < values[row].length; ++i) sum += values[row].data[i];
  }
  return sum;
}

bool try_column(const Bytes& input, Random&) {
  generator.seed(get_word(input));
  const auto column = random_column();
  damage_shape(*column);
  ColumnView view{};
  ColumnView nested[kNestedViews]{};
  Status status = view_column(column->schema, column->array, &view, nested);
  if (status.ok()) status = verify_column(view);
  if (!status.ok()) return false;
  const uint64_t sum = read_all(view);
  asm volatile("" : : "r"(sum));  // keeps the compiler from leaving the reads out
  return true;
}

Bytes input_of(uint64_t seed) {
  Bytes input(sizeof(seed));
  std::memcpy(input.data(), &seed, sizeof(seed));
  return input;
}

Bytes mutant_of(const Bytes&, Random& random) { return input_of(random()); }

std::vector<Bytes> seeds() {
  uint64_t seed = 0;
  while (!try_column(input_of(seed), generator)) ++seed;
  return {input_of(seed)};
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  return run_fuzzer(argc, argv, {seeds, mutant_of, try_column});
}
