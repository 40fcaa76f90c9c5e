// decode_tile against plain loops over std::optional: every type, bit offsets 0 to 65, nulls, tiles
// of every awkward length, each instruction set.
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>

#include "arrow_column.hpp"
#include "check.hpp"
#include "runtime/arrow/decode_tile.hpp"

namespace mainspring {
namespace {

template <class T>
using Rows = std::vector<std::optional<T>>;

std::mt19937_64 generator(7);

bool one_in(uint32_t n) { return generator() % n == 0; }

struct Decoded {
  alignas(64) uint8_t values[kSlotValueBytes];
  alignas(64) uint64_t validity[kValidityWords];
  uint32_t num_rows;

  template <class T>
  T value(uint32_t row) const {
    T value;
    std::memcpy(&value, values + row * sizeof(T), sizeof(T));
    return value;
  }
  bool present(uint32_t row) const { return is_valid(validity, row); }
};

struct Request {
  InputKind kind;
  TimeUnit unit = TimeUnit::kNone;
  uint64_t first_row = 0;
  uint32_t num_rows = 0;
  bool keeps_nan = false;
};

IsaLevel level = IsaLevel::kBaseline;

Decoded decode(const ColumnView& view, const Request& request) {
  Decoded decoded;
  std::memset(decoded.values, 0xAB, sizeof(decoded.values));
  std::memset(decoded.validity, 0xAB, sizeof(decoded.validity));
  decoded.num_rows = request.num_rows;
  const ValueType type = value_type_of(request.kind);
  const Tile tile{type, request.num_rows, decoded.values, decoded.validity, nullptr};
  decode_tile(view, request.kind, request.unit, request.first_row, *kernels_for(level), tile,
              request.keeps_nan);
  for (uint32_t row = request.num_rows; row < kTileRows; ++row) {
    check(!decoded.present(row), "bits past the last row are 0");
  }
  return decoded;
}

ColumnView viewed(ArrowColumn& column, ColumnView* nested) {
  ColumnView view{};
  check(view_column(column.schema, column.array, &view, nested).ok(), "view_column");
  check(verify_column(view).ok(), "verify_column");
  return view;
}

void compare_floats(const Decoded& decoded, const Rows<double>& rows, uint64_t first) {
  for (uint32_t row = 0; row < decoded.num_rows; ++row) {
    const auto& wanted = rows[first + row];
    const double got = decoded.value<double>(row);
    check(decoded.present(row) == wanted.has_value(), "validity of a float");
    uint64_t bits;
    std::memcpy(&bits, &got, 8);
    if (wanted) {
      check(got == *wanted && std::signbit(got) == std::signbit(*wanted), "value of a float");
    } else {
      check(bits == 0x7FF8000000000000ull, "missing float is the quiet NaN");
    }
  }
}

void compare_integers(const Decoded& decoded, const Rows<int64_t>& rows, uint64_t first) {
  for (uint32_t row = 0; row < decoded.num_rows; ++row) {
    const auto& wanted = rows[first + row];
    check(decoded.present(row) == wanted.has_value(), "validity of an integer");
    check(decoded.value<int64_t>(row) == wanted.value_or(0), "value of an integer");
  }
}

void compare_bytes(const Decoded& decoded, const Strings& rows, uint64_t first) {
  for (uint32_t row = 0; row < decoded.num_rows; ++row) {
    const auto& wanted = rows[first + row];
    const BytesView got = decoded.value<BytesView>(row);
    check(decoded.present(row) == wanted.has_value(), "validity of a string");
    check(got.data != nullptr, "a view has data");
    const std::string text(reinterpret_cast<const char*>(got.data), got.length);
    check(text == wanted.value_or(""), "value of a string");
  }
}

// Windows of every awkward length and start inside `num_rows`.
template <class Body>
void for_each_window(uint64_t num_rows, Body body) {
  for (uint32_t length : {0u, 1u, 63u, 64u, 65u, 129u, 511u, 512u}) {
    for (uint64_t first : {uint64_t{0}, uint64_t{1}, uint64_t{7}, uint64_t{65}}) {
      if (first + length <= num_rows) body(first, length);
    }
    if (length <= num_rows) body(num_rows - length, length);  // up to the end of every buffer
  }
}

template <class T>
Rows<T> random_numbers(uint64_t count) {
  Rows<T> rows;
  for (uint64_t i = 0; i < count; ++i) {
    T value;
    if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(static_cast<int64_t>(generator() % 4000) - 2000) / 4;
      if (one_in(9)) value = std::numeric_limits<T>::infinity();
      if (one_in(9)) value = static_cast<T>(-0.0);
      if (one_in(5)) value = -std::numeric_limits<T>::quiet_NaN();
    } else {
      const uint64_t bits = generator();
      std::memcpy(&value, &bits, sizeof(T));
      if (one_in(9)) value = std::numeric_limits<T>::max();
      if (one_in(9)) value = std::numeric_limits<T>::min();
    }
    rows.push_back(one_in(6) ? std::nullopt : std::optional<T>(value));
  }
  return rows;
}

template <class T>
Rows<double> as_floats(const Rows<T>& rows) {
  Rows<double> wanted;
  for (const auto& row : rows) {
    const bool missing = !row || *row != *row;
    wanted.push_back(missing ? std::nullopt : std::optional(static_cast<double>(*row)));
  }
  return wanted;
}

template <class T>
Rows<int64_t> as_integers(const Rows<T>& rows) {
  Rows<int64_t> wanted;
  for (const auto& row : rows) {
    std::optional<int64_t> value;
    if (row && *row == *row) {
      if constexpr (std::is_floating_point_v<T>) {
        const bool integral = std::abs(*row) < T(9e18) && std::floor(*row) == *row;
        value = integral ? static_cast<int64_t>(*row) : kNotAnInteger;
      } else if constexpr (std::is_same_v<T, uint64_t>) {
        value = *row <= INT64_MAX ? static_cast<int64_t>(*row) : kNotAnInteger;
      } else {
        value = static_cast<int64_t>(*row);
      }
    }
    wanted.push_back(value);
  }
  return wanted;
}

/// Where NaN is a value: all that is not null is there, and no value is another.
void compare_kept(const ColumnView& view, const Decoded& kept, const Decoded& plain,
                  uint64_t first) {
  for (uint32_t row = 0; row < plain.num_rows; ++row) {
    check(kept.present(row) == !is_null(view, first + row), "only null is missing");
    check(kept.value<uint64_t>(row) == plain.value<uint64_t>(row), "the same bits");
  }
}

void expect_numbers(ArrowColumn& column, const Rows<double>& floats,
                    const Rows<int64_t>& integers) {
  ColumnView nested[kNestedViews]{};
  const ColumnView view = viewed(column, nested);
  check(feeds(view, InputKind::kFloat) && feeds(view, InputKind::kInteger), "numbers feed");
  check(!feeds(view, InputKind::kBytes) && !feeds(view, InputKind::kTimestamp), "kinds stay");
  for_each_window(floats.size(), [&](uint64_t first, uint32_t length) {
    const Request as_float{InputKind::kFloat, TimeUnit::kNone, first, length};
    compare_floats(decode(view, as_float), floats, first);
    Request keeping = as_float;
    keeping.keeps_nan = true;
    compare_kept(view, decode(view, keeping), decode(view, as_float), first);
    const Request as_integer{InputKind::kInteger, TimeUnit::kNone, first, length};
    compare_integers(decode(view, as_integer), integers, first);
  });
}

template <class T>
void test_numbers(const char* format) {
  for (uint64_t offset = 0; offset <= 65; offset += 1 + generator() % 9) {
    const Rows<T> rows = random_numbers<T>(offset % 2 == 0 ? 650 : 130);
    for (uint64_t shift : {0, 1}) {
      auto column = number_column<T>(format, rows, offset, T(77), shift);
      expect_numbers(*column, as_floats(rows), as_integers(rows));
    }
  }
}

// Halves by their bits: least and greatest subnormal, least normal, greatest, both infinities,
// NaNs.
void test_halves() {
  const double infinity = std::numeric_limits<double>::infinity();
  auto column = number_column<uint16_t>("e",
                                        {0x0001, 0x03FF, 0x0400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00,
                                         0x7E00, 0xFC01, std::nullopt, 0x8000, 0x3C00, 0xC200},
                                        3, 0x1234, 1);
  constexpr double kUnit = 1.0 / (1 << 24);
  expect_numbers(*column,
                 {kUnit, 1023 * kUnit, 1024 * kUnit, 65504, -65504, infinity, -infinity,
                  std::nullopt, std::nullopt, std::nullopt, -0.0, 1, -3},
                 {kNotAnInteger, kNotAnInteger, kNotAnInteger, 65504, -65504, kNotAnInteger,
                  kNotAnInteger, std::nullopt, std::nullopt, std::nullopt, 0, 1, -3});
}

// Floats at the edges of int64: 2^63 is the first that does not fit.
void test_integers_of_large_floats() {
  const double limit = 9223372036854775808.0;
  const double inside = 9223372036854774784.0;
  auto column = number_column<double>("g", {limit, inside, -limit, -2 * limit, 1e300, -0.0}, 0, 0);
  expect_numbers(*column, {limit, inside, -limit, -2 * limit, 1e300, -0.0},
                 {kNotAnInteger, 9223372036854774784, INT64_MIN, kNotAnInteger, kNotAnInteger, 0});
}

// Once for every bit offset that a bitmap can have, and a few beyond.
void test_bools() {
  for (uint64_t offset = 0; offset <= 65; ++offset) {
    Rows<bool> rows;
    for (int i = 0; i < 580; ++i) {
      rows.push_back(one_in(4) ? std::nullopt : std::optional<bool>(one_in(2)));
    }
    Rows<double> floats;
    Rows<int64_t> integers;
    for (const auto& row : rows) {
      floats.push_back(row ? std::optional<double>(*row) : std::nullopt);
      integers.push_back(row ? std::optional<int64_t>(*row) : std::nullopt);
    }
    expect_numbers(*bool_column(rows, offset), floats, integers);
  }
}

Strings random_strings(uint64_t count) {
  Strings rows;
  for (uint64_t i = 0; i < count; ++i) {
    std::string text(generator() % 30, 'a');
    for (char& letter : text) letter = static_cast<char>('a' + generator() % 26);
    rows.push_back(one_in(5) ? std::nullopt : std::optional(text));
  }
  return rows;
}

void expect_strings(ArrowColumn& column, const Strings& rows) {
  ColumnView nested[kNestedViews]{};
  const ColumnView view = viewed(column, nested);
  check(feeds(view, InputKind::kBytes), "strings feed bytes");
  check(!feeds(view, InputKind::kFloat) && !feeds(view, InputKind::kInteger), "and nothing else");
  for_each_window(rows.size(), [&](uint64_t first, uint32_t length) {
    const Request request{InputKind::kBytes, TimeUnit::kNone, first, length};
    compare_bytes(decode(view, request), rows, first);
  });
}

void test_strings() {
  for (uint64_t offset : {0, 1, 8, 31, 64, 65}) {
    const Strings rows = random_strings(600);
    expect_strings(*offset_strings<int32_t>("u", rows, offset), rows);
    expect_strings(*offset_strings<int64_t>("U", rows, offset), rows);
    expect_strings(*view_strings(rows, offset), rows);
  }
}

// Only empty strings: the buffer of bytes may be null.
void test_strings_without_bytes() {
  ArrowColumn column("u", 3, 0);
  column.add_null_buffer();
  column.add_values(std::vector<int32_t>{0, 0, 0, 0});
  column.add_null_buffer();
  column.seal(0);
  expect_strings(column, {"", "", ""});
}

std::unique_ptr<ArrowColumn> strings_of(int layout, const Strings& entries, uint64_t offset) {
  if (layout == 0) return offset_strings<int32_t>("u", entries, offset);
  if (layout == 1) return offset_strings<int64_t>("U", entries, offset);
  return view_strings(entries, offset);
}

template <class Index>
void test_dictionary(const char* format) {
  for (uint64_t offset : {0, 3, 64}) {
    for (int layout = 0; layout < 3; ++layout) {
      const Strings entries = random_strings(std::is_same_v<Index, uint8_t> ? 250 : 120);
      Rows<Index> indices;
      Strings rows;
      for (int i = 0; i < 540; ++i) {
        const bool missing = one_in(7);
        const uint64_t index = generator() % entries.size();
        indices.push_back(missing ? std::nullopt : std::optional(static_cast<Index>(index)));
        rows.push_back(missing ? std::nullopt : entries[index]);
      }
      auto dictionary = strings_of(layout, entries, offset);
      expect_strings(*index_column<Index>(format, indices, offset, std::move(dictionary)), rows);
    }
  }
}

void test_dictionary_of_numbers() {
  const Rows<double> entries{1.5, std::nullopt, 3.0, std::numeric_limits<double>::quiet_NaN(),
                             -0.0};
  const Rows<int8_t> indices{0, 1, 2, 3, 4, std::nullopt, 2, 0};
  auto column = index_column<int8_t>("c", indices, 5, number_column<double>("g", entries, 2, 9.0));
  const auto none = std::nullopt;
  expect_numbers(*column, {1.5, none, 3.0, none, -0.0, none, 3.0, 1.5},
                 {kNotAnInteger, none, 3, none, 0, none, 3, kNotAnInteger});
  const Rows<uint64_t> large{UINT64_MAX, 7};
  auto unsigned_column =
      index_column<uint16_t>("S", {1, 0}, 0, number_column<uint64_t>("L", large, 0, 0));
  expect_numbers(*unsigned_column, {7.0, 18446744073709551616.0}, {7, kNotAnInteger});
}

// All rows missing and no entries at all: nothing may be read from the dictionary.
void test_dictionary_without_entries() {
  const Rows<int32_t> indices(100, std::nullopt);
  auto column = index_column<int32_t>("i", indices, 1, offset_strings<int32_t>("u", {}, 0));
  expect_strings(*column, Strings(100, std::nullopt));
}

int64_t floor_divide(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  if (a % b < 0) --quotient;
  return quotient;
}

constexpr int64_t kNanos[] = {0, 1'000'000'000, 1'000'000, 1'000, 1, 86'400'000'000'000};

std::optional<int64_t> converted(int64_t value, TimeUnit from, TimeUnit to) {
  const int64_t a = kNanos[static_cast<int>(from)];
  const int64_t b = kNanos[static_cast<int>(to)];
  if (a <= b) return floor_divide(value, b / a);
  int64_t product;
  if (__builtin_mul_overflow(value, a / b, &product)) return std::nullopt;
  return product;
}

template <class T>
void test_time(const char* format, TimeUnit unit) {
  Rows<T> rows = random_numbers<T>(540);
  for (int i = 0; i < 540; i += 2) rows[i] = static_cast<T>(generator() % 40000) - 20000;
  auto column = number_column<T>(format, rows, 9, T(-1));
  ColumnView nested[kNestedViews]{};
  const ColumnView view = viewed(*column, nested);
  check(feeds(view, InputKind::kTimestamp) && feeds(view, InputKind::kInteger), "times feed");
  check(!feeds(view, InputKind::kFloat) && !feeds(view, InputKind::kBytes), "but not as numbers");
  for (int to = 1; to <= 5; ++to) {
    const TimeUnit wanted_unit = static_cast<TimeUnit>(to);
    Rows<int64_t> wanted;
    for (const auto& row : rows) {
      wanted.push_back(row ? converted(*row, unit, wanted_unit) : std::nullopt);
    }
    for_each_window(rows.size(), [&](uint64_t first, uint32_t length) {
      const Request request{InputKind::kTimestamp, wanted_unit, first, length};
      compare_integers(decode(view, request), wanted, first);
    });
  }
  const Request stored{InputKind::kInteger, TimeUnit::kNone, 0, 500};
  compare_integers(decode(view, stored), as_integers(rows), 0);
}

void test_nulls() {
  ArrowColumn column("n", 70, 3);
  column.seal(70);
  ColumnView nested[kNestedViews]{};
  const ColumnView view = viewed(column, nested);
  for (InputKind kind :
       {InputKind::kFloat, InputKind::kInteger, InputKind::kBytes, InputKind::kTimestamp}) {
    check(feeds(view, kind), "null feeds every kind");
  }
  compare_floats(decode(view, {InputKind::kFloat, TimeUnit::kNone, 0, 70}), Rows<double>(70), 0);
  compare_integers(decode(view, {InputKind::kInteger, TimeUnit::kNone, 5, 65}), Rows<int64_t>(70),
                   5);
  compare_bytes(decode(view, {InputKind::kBytes, TimeUnit::kNone, 0, 64}), Strings(70), 0);
}

// null_count 0 says that the bitmap, were it there, need not be read.
void test_no_bitmap() {
  ArrowColumn column("i", 100, 2);
  column.add_null_buffer();
  std::vector<int32_t> values(102);
  for (int i = 0; i < 102; ++i) values[i] = i;
  column.add_values(values);
  column.seal(-1);
  Rows<double> floats;
  Rows<int64_t> integers;
  for (int i = 2; i < 102; ++i) {
    floats.push_back(i);
    integers.push_back(i);
  }
  expect_numbers(column, floats, integers);
}

void test_all() {
  test_numbers<int8_t>("c");
  test_numbers<int16_t>("s");
  test_numbers<int32_t>("i");
  test_numbers<int64_t>("l");
  test_numbers<uint8_t>("C");
  test_numbers<uint16_t>("S");
  test_numbers<uint32_t>("I");
  test_numbers<uint64_t>("L");
  test_numbers<float>("f");
  test_numbers<double>("g");
  test_halves();
  test_integers_of_large_floats();
  test_bools();
  test_strings();
  test_strings_without_bytes();
  test_dictionary<int8_t>("c");
  test_dictionary<uint8_t>("C");
  test_dictionary<int16_t>("s");
  test_dictionary<uint16_t>("S");
  test_dictionary<int32_t>("i");
  test_dictionary<uint32_t>("I");
  test_dictionary<int64_t>("l");
  test_dictionary<uint64_t>("L");
  test_dictionary_of_numbers();
  test_dictionary_without_entries();
  test_time<int32_t>("tdD", TimeUnit::kDay);
  test_time<int64_t>("tdm", TimeUnit::kMilli);
  test_time<int64_t>("tss:", TimeUnit::kSecond);
  test_time<int64_t>("tsm:UTC", TimeUnit::kMilli);
  test_time<int64_t>("tsu:Europe/Paris", TimeUnit::kMicro);
  test_time<int64_t>("tsn:+02:00", TimeUnit::kNano);
  test_nulls();
  test_no_bitmap();
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  for (IsaLevel at_most : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
    level = at_most;
    test_all();
  }
  return finish();
}
