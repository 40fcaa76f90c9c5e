// Runs that are not sound: each is refused, and nothing is read outside the buffers (run under the
// address sanitizer). What sound ones decode to: tests/arrow/test_run_ends.py.
#include "arrow_column.hpp"
#include "check.hpp"
#include "runtime/arrow/column_view.hpp"

namespace mainspring {
namespace {

struct Runs {
  std::vector<int32_t> ends{2, 3, 7};
  uint64_t length = 7;
  uint64_t offset = 0;
  uint64_t num_values = 3;
  const char* format = "i";
};

Status status_of(const Runs& runs) {
  ArrowColumn column("+r", runs.length, runs.offset);
  auto ends = std::make_unique<ArrowColumn>(runs.format, runs.ends.size(), 0);
  ends->add_null_buffer();
  ends->add_values(runs.ends);
  ends->seal();
  column.add_child(std::move(ends));
  std::vector<std::optional<int64_t>> values;
  for (uint64_t i = 0; i < runs.num_values; ++i) values.emplace_back(static_cast<int64_t>(i));
  column.add_child(number_column<int64_t>("l", values, 2, -1));
  column.seal();
  ColumnView view{};
  ColumnView nested[kNestedViews]{};
  const Status status = view_column(column.schema, column.array, &view, nested);
  return status.ok() ? verify_column(view) : status;
}

void expect(Code code, const Runs& runs, const char* what) {
  check(status_of(runs).code == code, what);
}

void test_damage() {
  expect(Code::kOk, {}, "sound runs");
  expect(Code::kOk, {.length = 3, .offset = 4}, "a slice");
  expect(Code::kOk, {.length = 4}, "runs may reach further than the rows");
  expect(Code::kOk, {.ends = {}, .length = 0, .num_values = 0}, "no rows");
  expect(Code::kCorrupt, {.length = 8}, "runs end before the rows");
  expect(Code::kCorrupt, {.length = 7, .offset = 1}, "runs end before the slice");
  expect(Code::kCorrupt, {.ends = {2, 2, 7}}, "an empty run");
  expect(Code::kCorrupt, {.ends = {3, 2, 7}}, "ends fall");
  expect(Code::kCorrupt, {.ends = {0, 2, 7}}, "the first run is empty");
  expect(Code::kCorrupt, {.ends = {-1, 2, 7}}, "a negative end");
  expect(Code::kCorrupt, {.num_values = 2}, "fewer values than runs");
  expect(Code::kCorrupt, {.num_values = 4}, "more values than runs");
  expect(Code::kCorrupt, {.ends = {}, .num_values = 0}, "rows without runs");
  expect(Code::kUnsupportedType, {.format = "I"}, "unsigned ends");
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::test_damage();
  return mainspring::finish();
}
