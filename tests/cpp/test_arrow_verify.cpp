// Malformed arrays: each gives the right status and row, and nothing is read outside its buffer
// (run under the address sanitizer).
#include <cstring>
#include <limits>

#include "arrow_column.hpp"
#include "check.hpp"
#include "runtime/arrow/column_view.hpp"

namespace mainspring {
namespace {

struct Outcome {
  Status viewed;
  Status verified;
};

Outcome outcome_of(const ArrowColumn& column) {
  ColumnView view{};
  ColumnView nested[kNestedViews]{};
  Outcome outcome;
  outcome.viewed = view_column(column.schema, column.array, &view, nested);
  if (outcome.viewed.ok()) outcome.verified = verify_column(view);
  return outcome;
}

void expect_fine(const ArrowColumn& column, const char* what) {
  const Outcome outcome = outcome_of(column);
  check(outcome.viewed.ok() && outcome.verified.ok(), what);
}

void expect_refused(const ArrowColumn& column, Code code, const char* what) {
  check(outcome_of(column).viewed.code == code, what);
}

void expect_bad_row(const ArrowColumn& column, uint64_t row, const char* what) {
  const Outcome outcome = outcome_of(column);
  check(outcome.viewed.ok(), what);
  check(outcome.verified.code == Code::kCorrupt && outcome.verified.index == row, what);
}

std::unique_ptr<ArrowColumn> strings_with(std::vector<int32_t> offsets, uint64_t first = 0) {
  auto column = std::make_unique<ArrowColumn>("u", offsets.size() - 1 - first, first);
  column->add_null_buffer();
  column->add_values(offsets);
  column->add_values(std::vector<char>(20, 'x'));
  column->seal(0);
  return column;
}

void test_offsets() {
  expect_fine(*strings_with({0, 3, 3, 9}), "ascending offsets");
  expect_fine(*strings_with({-5, 3, 3, 9}, 1), "an offset before the slice is not looked at");
  expect_bad_row(*strings_with({-1, 3, 3, 9}), 0, "negative first offset");
  expect_bad_row(*strings_with({0, 3, 2, 9}), 1, "descending offset");
  expect_bad_row(*strings_with({0, 9, 3, 2, 9}, 1), 0, "the row counts from the slice");
  expect_bad_row(*strings_with({0, 3, 4, INT32_MIN}), 2, "offset below zero at the end");
  auto many = std::vector<int32_t>(1000);
  for (int i = 0; i < 1000; ++i) many[static_cast<size_t>(i)] = i / 50;
  many[778] = 0;
  expect_bad_row(*strings_with(many), 777, "one descending offset among many");

  ArrowColumn no_bytes("U", 2, 0);
  no_bytes.add_null_buffer();
  no_bytes.add_values(std::vector<int64_t>{0, 0, 5});
  no_bytes.add_null_buffer();
  no_bytes.seal(0);
  expect_bad_row(no_bytes, 1, "bytes are missing");
}

struct View {
  int32_t length;
  int32_t prefix;
  int32_t buffer;
  int32_t offset;
};

std::unique_ptr<ArrowColumn> views_with(const View& view, bool present = true) {
  auto column = std::make_unique<ArrowColumn>("vu", 3, 0);
  column->add_bits({true, true, present}, 0);
  column->add_values(std::vector<View>{{3, 0, 0, 0}, {13, 0, 0, 7}, view});
  column->add_values(std::vector<char>(20, 'x'));
  column->add_values(std::vector<int64_t>{20});
  column->seal();
  return column;
}

void test_views() {
  expect_fine(*views_with({20, 0, 0, 0}), "a view of a whole buffer");
  expect_fine(*views_with({12, -1, -1, -1}), "an inline view");
  expect_bad_row(*views_with({-1, 0, 0, 0}), 2, "negative length");
  expect_bad_row(*views_with({21, 0, 0, 0}), 2, "longer than its buffer");
  expect_bad_row(*views_with({13, 0, 0, 8}), 2, "past the end of its buffer");
  expect_bad_row(*views_with({INT32_MAX, 0, 0, INT32_MAX}), 2, "length and offset overflow");
  expect_bad_row(*views_with({13, 0, 0, -1}), 2, "negative offset");
  expect_bad_row(*views_with({13, 0, 1, 0}), 2, "buffer that is not there");
  expect_bad_row(*views_with({13, 0, -1, 0}), 2, "negative buffer");
  expect_fine(*views_with({INT32_MAX, 0, 99, 99}, false), "a missing row may hold anything");

  auto no_buffer = views_with({13, 0, 0, 0});
  no_buffer->pointers()[2] = nullptr;
  expect_bad_row(*no_buffer, 1, "a data buffer is missing");
  auto no_sizes = views_with({13, 0, 0, 0});
  no_sizes->pointers()[3] = nullptr;
  expect_refused(*no_sizes, Code::kCorrupt, "the sizes of the buffers are missing");
  auto too_few = views_with({13, 0, 0, 0});
  too_few->array.n_buffers = 2;
  expect_refused(*too_few, Code::kCorrupt, "a view has at least three buffers");
}

template <class Index>
std::unique_ptr<ArrowColumn> indices_with(const char* format, Index index, uint64_t num_entries,
                                          bool present = true, size_t row = 66) {
  auto entries = offset_strings<int32_t>("u", Strings(num_entries, "entry"), 1);
  std::vector<std::optional<Index>> rows(70, Index(0));
  auto column = index_column<Index>(format, rows, 3, std::move(entries));
  auto* indices = static_cast<uint8_t*>(const_cast<void*>(column->pointers()[1]));
  std::memcpy(indices + (3 + row) * sizeof(Index), &index, sizeof(Index));
  auto* validity = static_cast<uint8_t*>(const_cast<void*>(column->pointers()[0]));
  if (!present) validity[(3 + row) / 8] &= static_cast<uint8_t>(~(1 << ((3 + row) % 8)));
  return column;
}

template <class Index>
void test_indices(const char* format) {
  expect_fine(*indices_with<Index>(format, 99, 100), "the last entry");
  expect_bad_row(*indices_with<Index>(format, 100, 100), 66, "one past the last entry");
  expect_bad_row(*indices_with<Index>(format, static_cast<Index>(-1), 100), 66, "minus one");
  expect_fine(*indices_with<Index>(format, static_cast<Index>(-1), 100, false), "missing row");
  expect_bad_row(*indices_with<Index>(format, std::numeric_limits<Index>::min(), 0), 0,
                 "no entries at all");
  for (size_t row = 0; row < 70; ++row) {  // whole blocks of lanes, and what is left of them
    expect_fine(*indices_with<Index>(format, 99, 100, true, row), "the last entry, in any row");
    expect_bad_row(*indices_with<Index>(format, 100, 100, true, row), row, "one past it");
  }
}

// Read as unsigned it would be entry 156 of 200, and a decoder that widens it reads before the
// buffer.
void test_negative_index_below_the_number_of_entries() {
  expect_bad_row(*indices_with<int8_t>("c", -100, 200), 66, "negative index, many entries");
  expect_fine(*indices_with<uint8_t>("C", 199, 200), "unsigned index above 127");
}

void test_bad_dictionary() {
  auto column = index_column<int32_t>("i", {0, 1}, 0, strings_with({0, 7, 3}));
  expect_bad_row(*column, 1, "the dictionary's own offsets descend");
  auto missing = index_column<int32_t>("i", {0, 1}, 0, strings_with({0, 7, 9}));
  missing->array.dictionary = nullptr;
  expect_refused(*missing, Code::kCorrupt, "the array has no dictionary");
  auto floats = index_column<int32_t>("f", {0, 1}, 0, strings_with({0, 7, 9}));
  expect_refused(*floats, Code::kUnsupportedType, "indices must be integers");
  auto binary = index_column<int32_t>("i", {0, 1}, 0, strings_with({0, 7, 9}));
  binary->dictionary().schema.format = "+l";
  expect_refused(*binary, Code::kUnsupportedType, "entries of another type");
}

std::unique_ptr<ArrowColumn> numbers() {
  return number_column<int32_t>("i", {1, 2, std::nullopt}, 2, 0);
}

void test_shape() {
  expect_fine(*numbers(), "numbers");
  auto column = numbers();
  column->array.length = -1;
  expect_refused(*column, Code::kCorrupt, "negative length");
  column = numbers();
  column->array.offset = -1;
  expect_refused(*column, Code::kCorrupt, "negative offset");
  column = numbers();
  column->array.length = INT64_MAX;
  expect_refused(*column, Code::kCorrupt, "length that overflows");
  column = numbers();
  column->array.n_buffers = -1;
  expect_refused(*column, Code::kCorrupt, "negative number of buffers");
  column = numbers();
  column->array.n_buffers = 1;
  expect_refused(*column, Code::kCorrupt, "too few buffers");
  column = numbers();
  column->array.buffers = nullptr;
  expect_refused(*column, Code::kCorrupt, "no buffers");
  column = numbers();
  column->pointers()[1] = nullptr;
  expect_refused(*column, Code::kCorrupt, "no values");
  column = numbers();
  column->pointers()[0] = nullptr;
  column->array.null_count = 1;
  expect_refused(*column, Code::kCorrupt, "nulls without a bitmap");
  column = numbers();
  column->array.length = 0;
  column->pointers()[0] = nullptr;
  column->pointers()[1] = nullptr;
  expect_fine(*column, "no rows need no buffers");
}

void test_formats() {
  for (const char* format : {"d:10", "d:10,2,", "d:10,2,512", "d:,2", "d:10,99999999999",
                             "tts",  "tDu",     "tiM",        "+l",   "+l:1",
                             "+s",   "+r",      "+w",         "+w:",  "w:",
                             "w:4x", "w:-4",    "",           "x",    "ts",
                             "tsx:", "tsu",     "ii"}) {
    auto column = numbers();
    column->schema.format = format;
    expect_refused(*column, Code::kUnsupportedType, format);
  }
  auto column = numbers();
  column->schema.format = nullptr;
  expect_refused(*column, Code::kUnsupportedType, "no format");
}

void expect_name(const ArrowColumn& column, const char* wanted) {
  ColumnView view{};
  ColumnView nested[kNestedViews]{};
  check(view_column(column.schema, column.array, &view, nested).ok(), wanted);
  char name[64];
  describe_type(view, name, sizeof(name));
  check(std::strcmp(name, wanted) == 0, wanted);
  char shorter[6];
  std::memset(shorter, 'x', sizeof(shorter));
  describe_type(view, shorter, 5);
  check(std::strlen(shorter) <= 4 && shorter[5] == 'x', "a name is cut to its room");
}

void test_names() {
  expect_name(*numbers(), "int32");
  expect_name(*strings_with({0, 1}), "string");
  expect_name(*index_column<uint8_t>("C", {0}, 0, strings_with({0, 7})), "dictionary<string>");
  expect_name(*number_column<int64_t>("tsu:Europe/Paris", {0}, 0, 0),
              "timestamp[us, Europe/Paris]");
  expect_name(*number_column<int64_t>("tsn:", {0}, 0, 0), "timestamp[ns]");
  expect_name(*number_column<int32_t>("tdD", {0}, 0, 0), "date32");
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  test_offsets();
  test_views();
  test_indices<int8_t>("c");
  test_indices<uint8_t>("C");
  test_indices<int16_t>("s");
  test_indices<uint16_t>("S");
  test_indices<int32_t>("i");
  test_indices<uint32_t>("I");
  test_indices<int64_t>("l");
  test_indices<uint64_t>("L");
  test_negative_index_below_the_number_of_entries();
  test_bad_dictionary();
  test_shape();
  test_formats();
  test_names();
  return finish();
}
