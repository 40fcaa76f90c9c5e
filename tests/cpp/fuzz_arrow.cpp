// Columns with random damage: each is either refused or decodes without a read outside its buffers.
// An input is the seed of the random numbers that make and damage a column.
#include <algorithm>
#include <cstring>

#include "arrow_column.hpp"
#include "fuzz.hpp"
#include "runtime/arrow/list_elements.hpp"

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

std::unique_ptr<ArrowColumn> random_values(uint64_t rows, uint64_t offset) {
  switch (below(4)) {
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
    case 2: {
      auto column = std::make_unique<ArrowColumn>("w:5", rows, offset);
      column->add_null_buffer();
      column->add_buffer((rows + offset) * 5);
      column->seal();
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

/// Numbers near `limit`, ascending, some of them spoilt.
template <class T>
std::vector<T> damaged_numbers(uint64_t count, uint64_t limit) {
  std::vector<T> numbers;
  for (uint64_t i = 0; i < count; ++i) numbers.push_back(static_cast<T>(below(limit + 2)));
  std::sort(numbers.begin(), numbers.end());
  for (uint64_t i = below(3); i > 0 && count > 0; --i) {
    numbers[below(count)] = static_cast<T>(below(3) == 0 ? generator() : below(limit + 2));
  }
  return numbers;
}

template <class Offset>
std::unique_ptr<ArrowColumn> random_list(const char* format, uint64_t rows, uint64_t offset,
                                         bool views) {
  const uint64_t elements = below(200);
  auto column = std::make_unique<ArrowColumn>(format, rows, offset);
  column->add_bits(std::vector<bool>(rows, below(2) == 0), offset);
  column->add_values(damaged_numbers<Offset>(rows + offset + (views ? 0 : 1), elements));
  if (views) column->add_values(damaged_numbers<Offset>(rows + offset, elements / 4));
  column->add_child(random_values(elements, below(9)));
  column->seal();
  return column;
}

std::unique_ptr<ArrowColumn> random_fixed_list(uint64_t rows, uint64_t offset) {
  auto column = std::make_unique<ArrowColumn>("+w:3", rows, offset);
  column->add_null_buffer();
  column->add_child(random_values((rows + offset) * 3 + below(8) - below(2), below(9)));
  column->seal();
  return column;
}

template <class End>
std::unique_ptr<ArrowColumn> random_runs(const char* format, uint64_t rows, uint64_t offset) {
  const uint64_t runs = 1 + below(12);
  auto column = std::make_unique<ArrowColumn>("+r", rows, offset);
  std::vector<End> numbers = damaged_numbers<End>(runs, rows + offset);
  if (below(2) == 0) {  // sound, but for a spoilt one now and then
    for (uint64_t i = 0; i < runs; ++i) {
      numbers[i] = static_cast<End>((i + 1) * (rows + offset) / runs + i);
    }
    if (below(4) == 0) numbers[below(runs)] = static_cast<End>(generator());
  }
  auto ends = std::make_unique<ArrowColumn>(format, runs, 0);
  ends->add_null_buffer();
  ends->add_values(numbers);
  ends->seal();
  column->add_child(std::move(ends));
  column->add_child(random_values(runs + (below(8) == 0 ? 1 : 0), below(9)));
  column->seal();
  return column;
}

std::unique_ptr<ArrowColumn> random_column() {
  const uint64_t rows = 1 + below(150);
  const uint64_t offset = below(70);
  switch (below(12)) {
    case 0: return random_list<int32_t>("+l", rows, offset, false);
    case 1: return random_list<int64_t>("+L", rows, offset, false);
    case 2: return random_list<int32_t>("+vl", rows, offset, true);
    case 3: return random_list<int64_t>("+vL", rows, offset, true);
    case 4: return random_fixed_list(rows, offset);
    case 5: return random_runs<int16_t>("s", rows, offset);
    case 6: return random_runs<int32_t>("i", rows, offset);
    case 7: return random_runs<int64_t>("l", rows, offset);
    default: return random_values(rows, offset);
  }
}

// Only what shortens an array is memory that is really there; the rest must be refused.
void damage_shape(ArrowColumn& column) {
  switch (below(16)) {
    case 0: column.array.length -= static_cast<int64_t>(below(3)); break;
    case 1: column.array.length = -static_cast<int64_t>(below(1000)); break;
    case 2: column.array.offset = -static_cast<int64_t>(1 + below(1000)); break;
    case 3: column.array.n_buffers = static_cast<int64_t>(below(3)); break;
    case 4:
      if (column.pointers().size() > 1) column.pointers()[1] = nullptr;
      break;
    case 5: column.array.buffers = nullptr; break;
    case 6: column.array.dictionary = nullptr; break;
    case 7: column.array.offset = INT64_MAX - static_cast<int64_t>(below(9)); break;
    case 8: column.array.n_children = static_cast<int64_t>(below(3)); break;
    case 9: column.array.children = nullptr; break;
    case 10: column.schema.n_children = static_cast<int64_t>(below(2)); break;
    default: break;
  }
}

uint64_t sum_of(const BytesView& value) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < value.length; ++i) sum += value.data[i];
  return sum;
}

// Returns the sum of all bytes, so that every one of them is read.
uint64_t read_all(const ColumnView& view) {
  alignas(64) BytesView values[kTileRows];
  alignas(64) uint64_t validity[kValidityWords];
  const ColumnView* elements = nullptr;
  const Kernels& kernels = *kernels_for(detect_isa());
  const InputKind kind = is_list(view.type) ? InputKind::kBytesList : InputKind::kBytes;
  const uint32_t rows = static_cast<uint32_t>(view.length);
  const Tile tile{value_type_of(kind), rows, values, validity, &elements};
  decode_tile(view, kind, TimeUnit::kNone, 0, kernels, tile);
  uint64_t sum = 0;
  for (uint32_t row = 0; row < rows; ++row) sum += is_null(view, row) ? 1 : 0;
  if (is_list(kind)) {
    for_each_element<BytesView>(tile, kernels,
                                [&](uint32_t, const BytesView& value) { sum += sum_of(value); });
  } else {
    for (uint32_t row = 0; row < rows; ++row) sum += sum_of(values[row]);
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
