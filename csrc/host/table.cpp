// Takes Arrow streams and arrays over, and hands out checked views of their columns' chunks.
#include "host/table.hpp"

#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <utility>

#include "host/arrow_types.hpp"
#include "host/error.hpp"
#include "host/field_metadata.hpp"
#include "host/name_index.hpp"
#include "host/names.hpp"
#include "host/owned_arrow.hpp"
#include "runtime/arrow/type_format.hpp"
#include "runtime/core/utf8.hpp"

namespace mainspring {

namespace {

constexpr const char* kReadable =
    "a number, bool, string, binary, date or timestamp, or a list of such values";

// A column as its schema alone tells it: viewed with an array of no rows, whose children and
// dictionary are another such array.
struct SchemaView {
  std::array<const void*, 3> buffers{};
  ArrowArray rows{};
  ArrowArray inner{};
  ArrowArray innermost{};
  std::array<ArrowArray*, 2> children{&inner, &inner};
  ColumnView view{};
  std::array<ColumnView, kNestedViews> nested{};
  Status status;

  explicit SchemaView(const ArrowSchema& schema) {
    innermost.n_buffers = static_cast<int64_t>(buffers.size());
    innermost.buffers = buffers.data();
    inner = innermost;
    inner.dictionary = &innermost;
    rows = inner;
    rows.dictionary = &inner;
    rows.n_children = schema.n_children;
    rows.children = children.data();
    status = view_column(schema, rows, &view, nested.data());
  }
  SchemaView(const SchemaView&) = delete;  // the views point into it
  SchemaView& operator=(const SchemaView&) = delete;
};

// Arrow says that names are UTF-8, but nothing before here has looked.
std::string_view checked_text(const char* text, int64_t number, const char* what) {
  if (text == nullptr) return "";
  const uint64_t length = std::strlen(text);
  if (first_bad_utf8(reinterpret_cast<const uint8_t*>(text), length) == length) {
    return {text, length};
  }
  const char* fix = "Give it one that is.";
  Error error(ErrorKind::kSchema, "Column " + std::to_string(number) + " has " + what + " '" +
                                      text + "', which is not UTF-8. " + fix);
  throw error.expected("UTF-8").got(text).hint(fix);
}

// The time zones of timestamps, in dictionaries, lists and runs too.
void check_zones(const ArrowSchema& schema, int64_t number, uint32_t depth) {
  TypeFormat format;
  if (schema.format != nullptr && schema.format[0] == 't' &&
      read_type_format(schema.format, &format)) {
    checked_text(format.time_zone, number, "the time zone");
  }
  if (depth == 0) return;
  if (schema.dictionary != nullptr) check_zones(*schema.dictionary, number, depth - 1);
  for (int64_t i = 0; schema.children != nullptr && i < schema.n_children; ++i) {
    if (schema.children[i] != nullptr) check_zones(*schema.children[i], number, depth - 1);
  }
}

std::vector<std::string_view> checked_names(const ArrowSchema& schema) {
  std::vector<std::string_view> names;
  names.reserve(static_cast<size_t>(schema.n_children));
  for (int64_t i = 0; i < schema.n_children; ++i) {
    names.push_back(checked_text(schema.children[i]->name, i, "the name"));
    check_zones(*schema.children[i], i, kNestedViews);
  }
  return names;
}

Table::Column describe_column(const ArrowSchema& schema, const SchemaView& described) {
  Table::Column column{};
  column.name = schema.name != nullptr ? schema.name : "";
  column.readable = described.status.ok();
  if (!column.readable) {
    column.type_name = name_of_unreadable(schema);
    return column;
  }
  column.is_list = is_list(described.view.type);
  const ColumnView& values = leaf_of(column.is_list ? *described.view.child : described.view);
  column.type = values.type;
  column.scale = values.scale;
  column.unit = values.unit;
  column.time_zone = values.time_zone != nullptr ? values.time_zone : "";
  std::array<char, 128> name;
  describe_type(described.view, name.data(), name.size());
  column.type_name = name.data();
  if (schema.dictionary != nullptr && has_metadata(schema, Table::kReadAsDictionary)) {
    const size_t begin = column.type_name.find('<') + 1;
    column.type_name = column.type_name.substr(begin, column.type_name.size() - begin - 1);
  }
  return column;
}

[[noreturn]] void throw_inconsistent(const std::string& what) {
  Error error(ErrorKind::kData, "The Arrow data is inconsistent: " + what +
                                    ". Report it to the library that made it.");
  throw error.hint("Report it to the library that made it.");
}

void check_struct(const ArrowSchema& schema) {
  const bool is_struct = schema.format != nullptr && std::strcmp(schema.format, "+s") == 0;
  if (!is_struct) {
    const SchemaView described(schema);
    std::array<char, 128> name;
    describe_type(described.view, name.data(), name.size());
    const std::string got = described.status.ok() ? name.data() : name_of_unreadable(schema);
    const char* fix = "Give a table or a record batch.";
    Error error(ErrorKind::kSchema,
                "The Arrow data must be a table with named columns, got one array of type " + got +
                    ". " + fix);
    throw error.expected("a table with named columns").got(got).hint(fix);
  }
  bool complete = schema.n_children >= 0 && (schema.n_children == 0 || schema.children != nullptr);
  for (int64_t i = 0; complete && i < schema.n_children; ++i) {
    complete = schema.children[i] != nullptr;
  }
  if (!complete) throw_inconsistent("its schema lacks a column's description");
}

// A row that is null as a whole has no values to take, and a table from a file or a data frame has
// no such rows: they come from arrays of structs only.
void refuse_null_rows(const ArrowArray& batch, uint64_t first_row) {
  const auto* validity = static_cast<const uint8_t*>(
      batch.n_buffers > 0 && batch.buffers ? batch.buffers[0] : nullptr);
  if (validity == nullptr || batch.null_count == 0) return;
  for (int64_t row = 0; row < batch.length; ++row) {
    const uint64_t bit = static_cast<uint64_t>(batch.offset + row);
    if (((validity[bit >> 3] >> (bit & 7)) & 1) != 0) continue;
    const uint64_t number = first_row + static_cast<uint64_t>(row);
    const char* fix = "Drop such rows, or give nulls in the columns instead.";
    Error error(ErrorKind::kData, "Row " + std::to_string(number) +
                                      " is null as a whole, expected a value or null for each "
                                      "column. " +
                                      fix);
    throw error.row(number).expected("a value or null for each column").got("a null row").hint(fix);
  }
}

void check_batch(const ArrowSchema& schema, const ArrowArray& batch, uint64_t first_row) {
  if (batch.n_children != schema.n_children || (batch.n_children > 0 && !batch.children)) {
    throw_inconsistent("a batch has " + std::to_string(batch.n_children) +
                       " columns and the schema " + std::to_string(schema.n_children));
  }
  constexpr int64_t kMaxRows = INT64_MAX / 64;
  const bool sane = batch.length >= 0 && batch.offset >= 0 && batch.length <= kMaxRows &&
                    batch.offset <= kMaxRows;
  if (!sane) throw_inconsistent("a batch has a negative or huge length or offset");
  refuse_null_rows(batch, first_row);
}

}  // namespace

struct Table::Impl {
  // What is known of one chunk of one column: nothing before its first use.
  struct Chunk {
    std::atomic<uint8_t> is_viewed{0};
    Status status;
    ColumnView view;
  };
  struct Batch {
    Owned<ArrowArray> array;
    std::unique_ptr<Chunk[]> chunks;       // one for each column
    std::unique_ptr<ColumnView[]> nested;  // rooms behind the views, where the schema has any
    uint64_t first_row;
    uint64_t num_rows;
  };
  // What people and fitting want to know of the columns; predicting does not.
  struct Description {
    std::vector<std::unique_ptr<SchemaView>> views;
    std::vector<Column> columns;
  };

  Owned<ArrowSchema> schema;
  NameIndex names;
  std::vector<uint32_t> rooms_before;  // of each column in Batch::nested; empty: none has any
  uint32_t num_rooms = 0;
  std::vector<Batch> batches;
  uint64_t num_rows = 0;
  std::array<std::mutex, 16> viewing;
  std::once_flag is_described;
  Description described;

  explicit Impl(Owned<ArrowSchema> given)
      : schema((check_struct(*given), std::move(given))), names(checked_names(*schema)) {
    for (int64_t i = 0; i < schema->n_children; ++i) {
      const ArrowSchema& child = *schema->children[i];
      const bool is_nested = child.dictionary != nullptr || child.n_children != 0;
      if (!is_nested) continue;
      rooms_before.resize(names.names().size());
      rooms_before[static_cast<size_t>(i)] = num_rooms;
      num_rooms += kNestedViews;
    }
  }

  const Description& description() {
    std::call_once(is_described, [this] {
      for (int64_t i = 0; i < schema->n_children; ++i) {
        const ArrowSchema& child = *schema->children[i];
        described.views.push_back(std::make_unique<SchemaView>(child));
        described.columns.push_back(describe_column(child, *described.views.back()));
      }
    });
    return described;
  }

  void add_batch(Owned<ArrowArray> array) {
    check_batch(*schema, *array, num_rows);
    if (array->length == 0) return;  // nothing to read
    const auto length = static_cast<uint64_t>(array->length);
    batches.push_back({std::move(array), std::make_unique_for_overwrite<Chunk[]>(num_columns()),
                       std::make_unique_for_overwrite<ColumnView[]>(num_rooms), num_rows, length});
    num_rows += length;
  }

  // A table without rows gets one batch of none, made from the schema, so that whoever looks at
  // the first batch's types finds them.
  void finish() {
    if (!batches.empty()) return;
    auto chunks = std::make_unique_for_overwrite<Chunk[]>(num_columns());
    for (size_t i = 0; i < num_columns(); ++i) {
      const SchemaView& seen = *description().views[i];
      chunks[i].view = seen.view;
      chunks[i].status = seen.status;
      chunks[i].is_viewed.store(1, std::memory_order_release);
    }
    batches.push_back({Owned<ArrowArray>(), std::move(chunks), nullptr, 0, 0});
  }

  size_t num_columns() const { return names.names().size(); }

  // The rows of a struct array are rows [offset, offset + length) of its children.
  Status view_chunk(const Batch& batch, uint32_t column, ColumnView* view) const {
    const ArrowArray* child = batch.array->children[column];
    if (child == nullptr) return {Code::kCorrupt, 0};
    ColumnView* rooms = rooms_before.empty() ? nullptr : &batch.nested[rooms_before[column]];
    const Status status = view_column(*schema->children[column], *child, view, rooms);
    if (!status.ok()) return status;
    const auto skipped = static_cast<uint64_t>(batch.array->offset);
    if (view->length < skipped + batch.num_rows) return {Code::kCorrupt, view->length};
    view->offset += skipped;
    view->length = batch.num_rows;
    return verify_column(*view);
  }

  const ColumnView& verified_view(uint32_t number, uint32_t column) {
    const Batch& batch = batches[number];
    Chunk& chunk = batch.chunks[column];
    if (chunk.is_viewed.load(std::memory_order_acquire) == 0) {
      const std::lock_guard lock(viewing[(number + column) % viewing.size()]);
      if (chunk.is_viewed.load(std::memory_order_relaxed) == 0) {
        chunk.status = view_chunk(batch, column, &chunk.view);
        chunk.is_viewed.store(1, std::memory_order_release);
      }
    }
    if (!chunk.status.ok()) throw_unusable(number, column, chunk.status);
    return chunk.view;
  }

  [[noreturn]] void throw_unusable(uint32_t batch, uint32_t column, Status status) {
    if (!description().columns[column].readable) throw_unreadable(column);
    throw_corrupt(batch, column, status);
  }

  [[noreturn]] void throw_corrupt(uint32_t batch, uint32_t column, Status status) const {
    const uint64_t row = batches[batch].first_row + status.index;
    const std::string& name = described.columns[column].name;
    const char* fix = "Report it to the library that made the data.";
    Error error(ErrorKind::kData,
                "Column '" + name + "', near row " + std::to_string(row) +
                    ": the Arrow buffers of " + described.columns[column].type_name +
                    " are inconsistent (an offset or index points outside, or a buffer is "
                    "missing). " +
                    fix);
    throw error.column(name).row(row).got("inconsistent buffers").hint(fix);
  }

  [[noreturn]] void throw_unreadable(uint32_t column) const {
    const Column& unreadable = described.columns[column];
    const std::string fix = fix_for_unreadable(*schema->children[column]);
    Error error(ErrorKind::kSchema, "Column '" + unreadable.name + "' has type " +
                                        unreadable.type_name + ", expected " +
                                        std::string(kReadable) + ". " + fix);
    throw error.column(unreadable.name).expected(kReadable).got(unreadable.type_name).hint(fix);
  }

  [[noreturn]] void throw_missing(std::string_view name) const {
    const std::vector<std::string> all(names.names().begin(), names.names().end());
    const std::string close = did_you_mean(name, all);
    const std::string got = all.empty() ? "no columns" : list_names(all);
    std::string message =
        "Column '" + std::string(name) + "' is missing; the data has " + got + ".";
    if (!close.empty()) message += " " + close;
    Error error(ErrorKind::kSchema, message);
    throw error.column(name).expected("a column '" + std::string(name) + "'").got(got).hint(close);
  }

  [[noreturn]] void throw_twice(std::string_view name) const {
    const char* fix = "Rename or drop one of them.";
    Error error(ErrorKind::kSchema,
                "Column '" + std::string(name) + "' is there more than once. " + fix);
    throw error.column(name).expected("one column of this name").got("several").hint(fix);
  }
};

Table Table::from_stream(ArrowArrayStream* source) {
  if (source == nullptr || source->release == nullptr) {
    const char* fix = "A stream can be read only once: make it again.";
    throw Error(ErrorKind::kParameter, std::string("The Arrow stream was already used up. ") + fix)
        .hint(fix);
  }
  Owned<ArrowArrayStream> stream(source);
  const auto check = [&](int code, uint64_t rows) {
    if (code == 0) return;
    const char* reason = stream->get_last_error(stream.get());
    const std::string got = reason != nullptr ? reason : std::strerror(code);
    throw Error(ErrorKind::kData,
                "The Arrow stream failed after " + std::to_string(rows) + " rows: " + got)
        .row(rows)
        .got(got);
  };
  Owned<ArrowSchema> schema;
  check(stream->get_schema(stream.get(), schema.get()), 0);
  auto impl = std::make_shared<Impl>(std::move(schema));
  for (;;) {
    Owned<ArrowArray> batch;
    check(stream->get_next(stream.get(), batch.get()), impl->num_rows);
    if (batch.empty()) break;
    impl->add_batch(std::move(batch));
  }
  impl->finish();
  return Table(std::move(impl));
}

Table Table::from_array(ArrowSchema* schema, ArrowArray* array) {
  const bool whole = schema != nullptr && schema->release != nullptr && array != nullptr &&
                     array->release != nullptr;
  if (!whole) {
    const char* fix = "An exported array can be taken only once: export it again.";
    throw Error(ErrorKind::kParameter, std::string("The Arrow array was already taken. ") + fix)
        .hint(fix);
  }
  Owned<ArrowArray> batch(array);
  auto impl = std::make_shared<Impl>(Owned<ArrowSchema>(schema));
  impl->add_batch(std::move(batch));
  impl->finish();
  return Table(std::move(impl));
}

uint64_t Table::num_rows() const { return impl_->num_rows; }
const std::vector<Table::Column>& Table::columns() const { return impl_->description().columns; }
const std::vector<std::string_view>& Table::column_names() const { return impl_->names.names(); }
uint32_t Table::num_batches() const { return static_cast<uint32_t>(impl_->batches.size()); }
uint64_t Table::batch_rows(uint32_t batch) const { return impl_->batches[batch].num_rows; }
uint64_t Table::batch_first_row(uint32_t batch) const { return impl_->batches[batch].first_row; }

std::optional<uint32_t> Table::find_column(std::string_view name) const {
  const uint32_t found = impl_->names.find(name);
  if (found == NameIndex::kTwice) impl_->throw_twice(name);
  if (found == NameIndex::kNone) return std::nullopt;
  return found;
}

uint32_t Table::column_index(std::string_view name) const {
  const std::optional<uint32_t> found = find_column(name);
  if (!found.has_value()) impl_->throw_missing(name);
  return *found;
}

const ColumnView& Table::batch_column(uint32_t batch, uint32_t column) const {
  return impl_->verified_view(batch, column);
}

}  // namespace mainspring
