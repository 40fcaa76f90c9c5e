// Table over hand-made streams: what is taken, what is refused, and that release is called exactly
// once whatever happens.
#include <atomic>
#include <functional>
#include <thread>

#include "arrow_column.hpp"
#include "check.hpp"
#include "host/column_numbers.hpp"
#include "host/error.hpp"
#include "host/table.hpp"

namespace mainspring {
namespace {

using Columns = std::vector<std::shared_ptr<ArrowColumn>>;

int live_structs = 0;  // exported and not yet released
int double_releases = 0;

// The private data of an exported struct array or schema.
struct Exported {
  Columns columns;
  std::vector<ArrowSchema*> schemas;
  std::vector<ArrowArray*> arrays;
  std::vector<const void*> buffers{nullptr};
  std::vector<uint8_t> validity;
};

template <class T>
void release(T* exported) {
  if (exported->release == nullptr) ++double_releases;
  delete static_cast<Exported*>(exported->private_data);
  exported->release = nullptr;
  --live_structs;
}

Exported* keep(const Columns& columns) {
  ++live_structs;
  auto* exported = new Exported{columns, {}, {}, {nullptr}, {}};
  for (const auto& column : columns) {
    exported->schemas.push_back(&column->schema);
    exported->arrays.push_back(&column->array);
  }
  return exported;
}

ArrowSchema schema_of(const Columns& columns, const char* format = "+s") {
  Exported* exported = keep(columns);
  ArrowSchema schema{};
  schema.format = format;
  schema.name = "";
  schema.n_children = static_cast<int64_t>(columns.size());
  schema.children = exported->schemas.data();
  schema.release = release<ArrowSchema>;
  schema.private_data = exported;
  return schema;
}

ArrowArray batch_of(const Columns& columns, int64_t length, int64_t offset = 0) {
  Exported* exported = keep(columns);
  ArrowArray array{};
  array.length = length;
  array.offset = offset;
  array.n_buffers = 1;
  array.buffers = exported->buffers.data();
  array.n_children = static_cast<int64_t>(columns.size());
  array.children = exported->arrays.data();
  array.release = release<ArrowArray>;
  array.private_data = exported;
  return array;
}

std::shared_ptr<ArrowColumn> named(std::unique_ptr<ArrowColumn> column, const char* name) {
  column->schema.name = name;
  return column;
}

std::shared_ptr<ArrowColumn> counting(const char* name, uint64_t rows, double from = 0) {
  std::vector<std::optional<double>> values;
  for (uint64_t i = 0; i < rows; ++i) values.push_back(from + static_cast<double>(i));
  return named(number_column<double>("g", values, 3, -1.0), name);
}

// A stream of the given batches that fails with `error` before batch `fails_at`.
struct StreamState {
  Columns columns;
  std::vector<ArrowArray> batches;
  size_t next = 0;
  size_t fails_at = SIZE_MAX;
};

int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  *out = schema_of(static_cast<StreamState*>(stream->private_data)->columns);
  return 0;
}

int get_next(ArrowArrayStream* stream, ArrowArray* out) {
  auto* state = static_cast<StreamState*>(stream->private_data);
  if (state->next == state->fails_at) return 5;
  *out = ArrowArray{};
  if (state->next < state->batches.size()) {
    std::swap(*out, state->batches[state->next++]);
  }
  return 0;
}

const char* last_error(ArrowArrayStream*) { return "the disk is on fire"; }

void release_stream(ArrowArrayStream* stream) {
  auto* state = static_cast<StreamState*>(stream->private_data);
  for (ArrowArray& batch : state->batches) {
    if (batch.release != nullptr) batch.release(&batch);
  }
  delete state;
  stream->release = nullptr;
  --live_structs;
}

ArrowArrayStream stream_of(Columns columns, std::vector<ArrowArray> batches,
                           size_t fails_at = SIZE_MAX) {
  ++live_structs;
  auto* state = new StreamState{std::move(columns), std::move(batches), 0, fails_at};
  return ArrowArrayStream{get_schema, get_next, last_error, release_stream, state};
}

Table table_of(const Columns& columns, int64_t length, int64_t offset = 0) {
  ArrowSchema schema = schema_of(columns);
  ArrowArray array = batch_of(columns, length, offset);
  return Table::from_array(&schema, &array);
}

void expect_error(ErrorKind kind, const char* text, const std::function<void()>& action) {
  try {
    action();
    check(false, std::string("no error with ") + text);
  } catch (const Error& error) {
    check(error.kind() == kind, error.message());
    check(error.message().find(text) != std::string::npos, error.message() + " / " + text);
  }
}

std::vector<double> numbers(const Table& table, const char* name) {
  std::vector<double> out(table.num_rows());
  copy_numbers(table, table.column_index(name), out.data());
  return out;
}

void test_stream() {
  const Columns first{counting("a", 3), counting("b", 3, 10)};
  const Columns empty{counting("a", 0), counting("b", 0)};
  const Columns last{counting("a", 2, 3), counting("b", 2, 20)};
  ArrowArrayStream stream =
      stream_of(first, {batch_of(first, 3), batch_of(empty, 0), batch_of(last, 2)});
  const Table table = Table::from_stream(&stream);
  check(stream.release == nullptr, "the stream was moved from");
  check(table.num_rows() == 5 && table.num_batches() == 2, "empty batches are dropped");
  check(table.batch_first_row(1) == 3 && table.batch_rows(1) == 2, "rows of the second batch");
  check(numbers(table, "a") == std::vector<double>{0, 1, 2, 3, 4}, "values of a");
  check(numbers(table, "b") == std::vector<double>{10, 11, 12, 20, 21}, "values of b");
  expect_error(ErrorKind::kParameter, "already used up", [&] { Table::from_stream(&stream); });
}

void test_empty_table() {
  const Columns columns{counting("a", 0), named(offset_strings<int32_t>("u", {}, 0), "text")};
  ArrowArrayStream stream = stream_of(columns, {});
  const Table table = Table::from_stream(&stream);
  check(table.num_rows() == 0 && table.num_batches() == 1 && table.batch_rows(0) == 0, "empty");
  check(feeds(table.batch_column(0, 1), InputKind::kBytes), "its columns have types");
  check(numbers(table, "a").empty(), "no numbers");
  expect_error(ErrorKind::kSchema, "'text' has type string", [&] { numbers(table, "text"); });
}

void test_struct_offset() {
  const Table table = table_of({counting("a", 10)}, 4, 5);
  check(numbers(table, "a") == std::vector<double>{5, 6, 7, 8}, "the struct's offset counts");
  expect_error(ErrorKind::kData, "inconsistent",
               [&] { numbers(table_of({counting("a", 8)}, 4, 5), "a"); });
}

void test_null_struct_row() {
  const Columns columns{counting("a", 9)};
  for (int null_row : {-1, 0, 4}) {
    ArrowSchema schema = schema_of(columns);
    ArrowArray array = batch_of(columns, 6, 2);
    auto* exported = static_cast<Exported*>(array.private_data);
    exported->validity = {0xFF, 0xFF};
    if (null_row >= 0) {
      exported->validity[static_cast<size_t>(null_row + 2) / 8] &=
          static_cast<uint8_t>(~(1 << ((null_row + 2) % 8)));
    }
    exported->buffers[0] = exported->validity.data();
    array.null_count = -1;
    if (null_row < 0) {
      check(Table::from_array(&schema, &array).num_rows() == 6, "no row is null");
    } else {
      expect_error(ErrorKind::kData, ("Row " + std::to_string(null_row) + " is null").c_str(),
                   [&] { Table::from_array(&schema, &array); });
    }
  }
}

void test_failing_stream() {
  const Columns columns{counting("a", 3)};
  for (size_t fails_at : {0, 1, 2}) {
    ArrowArrayStream stream =
        stream_of(columns, {batch_of(columns, 3), batch_of(columns, 3)}, fails_at);
    expect_error(ErrorKind::kData, "the disk is on fire", [&] { Table::from_stream(&stream); });
  }
}

void test_not_a_table() {
  const Columns columns{counting("a", 3)};
  ArrowSchema schema = schema_of(columns, "g");
  ArrowArray array = batch_of(columns, 3);
  expect_error(ErrorKind::kSchema, "one array of type float64",
               [&] { Table::from_array(&schema, &array); });
  ArrowSchema other = schema_of({counting("a", 3), counting("b", 3)});
  ArrowArray narrow = batch_of(columns, 3);
  expect_error(ErrorKind::kData, "1 columns and the schema 2",
               [&] { Table::from_array(&other, &narrow); });
  ArrowSchema fine = schema_of(columns);
  ArrowArray negative = batch_of(columns, -3);
  expect_error(ErrorKind::kData, "negative", [&] { Table::from_array(&fine, &negative); });
  expect_error(ErrorKind::kParameter, "already taken",
               [&] { Table::from_array(&fine, &negative); });
}

void test_names() {
  Columns columns{counting("origin", 1), counting("dest", 1), counting("twice", 1),
                  counting("twice", 1)};
  const Table table = table_of(columns, 1);
  check(table.column_index("dest") == 1, "found by name");
  expect_error(ErrorKind::kSchema,
               "'orgin' is missing; the data has 'origin', 'dest', 'twice', "
               "'twice'. Did you mean 'origin'?",
               [&] { (void)table.column_index("orgin"); });
  expect_error(ErrorKind::kSchema, "Did you mean 'dest'?",
               [&] { (void)table.column_index("DEST"); });
  expect_error(ErrorKind::kSchema, "Did you mean 'dest'?",
               [&] { (void)table.column_index("edst"); });
  expect_error(ErrorKind::kSchema, "'twice' is there more than once",
               [&] { (void)table.column_index("twice"); });
  for (const char* name : {"c1", "c2", "c3"}) columns.push_back(counting(name, 1));
  try {
    (void)table_of(columns, 1).column_index("something else");
  } catch (const Error& error) {
    check(error.got_text() == "'origin', 'dest', 'twice', 'twice', 'c1' and 2 more", "cut at five");
    check(error.message().find("mean") == std::string::npos, "nothing is close");
  }
}

void test_unreadable_column() {
  struct Row {
    const char* format;
    const char* text;
  };
  for (const Row& row : std::vector<Row>{
           {"tDs",
            "has type duration[s], expected a number, bool, string, binary, date or timestamp, or "
            "a list of such values. Cast it to int64, or drop it."},
           {"d:10,2,512", "decimal, expected"},
           {"w:x", "Arrow format 'w:x'"},
           {"+l", "list, expected"},
           {"+s", "struct, expected"},
           {"ttu", "time64[us], expected"},
           {"?", "Arrow format '?'"}}) {
    auto column = counting("odd", 3);
    column->schema.format = row.format;
    const Table table = table_of({counting("a", 3), column}, 3);
    check(!table.columns()[1].readable, "not readable");
    check(numbers(table, "a").size() == 3, "an error only when it is used");
    expect_error(ErrorKind::kSchema, row.text, [&] { numbers(table, "odd"); });
  }
}

void test_corrupt_column_in_second_batch() {
  const Strings texts{"x", "yy", "z"};
  const Columns good{named(offset_strings<int32_t>("u", texts, 0), "text")};
  const Columns bad{named(offset_strings<int32_t>("u", texts, 0), "text")};
  auto* offsets = static_cast<int32_t*>(const_cast<void*>(bad[0]->pointers()[1]));
  offsets[2] = 0;
  ArrowArrayStream stream = stream_of(good, {batch_of(good, 3), batch_of(bad, 3)});
  const Table table = Table::from_stream(&stream);
  check(table.batch_column(0, 0).length == 3, "the first batch is fine");
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      try {
        (void)table.batch_column(1, 0);
      } catch (const Error& error) {
        refused += error.row_number() == 4u && error.column_name() == "text" ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  check(refused == 4, "every thread sees the error, with the row of the whole input");
}

void test_column_facts() {
  const Columns columns{
      named(index_column<uint8_t>("C", {0, 0}, 0, view_strings({"x"}, 0)), "category"),
      named(number_column<int64_t>("tsu:UTC", {0, 1}, 0, 0), "time")};
  const Table table = table_of(columns, 2);
  const Table::Column& category = table.columns()[0];
  check(!category.is_list && category.type == ColumnType::kUtf8View &&
            category.type_name == "dictionary<string_view>",
        "of a dictionary, its value type");
  const Table::Column& time = table.columns()[1];
  check(time.unit == TimeUnit::kMicro && time.time_zone == "UTC", "unit and zone");
}

}  // namespace
}  // namespace mainspring

int main() {
  using namespace mainspring;
  test_stream();
  test_empty_table();
  test_struct_offset();
  test_null_struct_row();
  test_failing_stream();
  test_not_a_table();
  test_names();
  test_unreadable_column();
  test_corrupt_column_in_second_batch();
  test_column_facts();
  check(live_structs == 0, "everything was released");
  check(double_releases == 0, "nothing was released twice");
  return finish();
}
