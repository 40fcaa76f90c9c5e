// Takes Arrow streams and arrays over, and hands out checked views of their columns' chunks.
#include "host/table.hpp"

#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "host/arrow_types.hpp"
#include "host/error.hpp"
#include "host/names.hpp"
#include "host/owned_arrow.hpp"
#include "runtime/core/utf8.hpp"

namespace mainspring {

namespace {

constexpr const char* kReadable =
    "a number, bool, string, binary, date or timestamp, or a list of such values";
constexpr uint32_t kTwice = UINT32_MAX;  // a name that stands for more than one column

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

  /// Views that a chunk of the column needs behind its own.
  uint32_t num_nested() const {
    uint32_t count = 0;
    for (const ColumnView* at = &view;; ++count) {
      at = at->type == ColumnType::kDictionary ? at->dictionary : at->child;
      if (at == nullptr) return count;
    }
  }
};

// Arrow says that names are UTF-8, but nothing before here has looked.
std::string text_of(const char* text, int64_t number, const char* what) {
  if (text == nullptr) return "";
  const uint64_t length = std::strlen(text);
  if (first_bad_utf8(reinterpret_cast<const uint8_t*>(text), length) == length) return text;
  const char* fix = "Give it one that is.";
  Error error(ErrorKind::kSchema, "Column " + std::to_string(number) + " has " + what + " '" +
                                      text + "', which is not UTF-8. " + fix);
  throw error.expected("UTF-8").got(text).hint(fix);
}

Table::Column describe_column(const ArrowSchema& schema, const SchemaView& described,
                              int64_t number) {
  Table::Column column{};
  column.name = text_of(schema.name, number, "the name");
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
  column.time_zone = text_of(values.time_zone, number, "the time zone");
  std::array<char, 128> name;
  describe_type(described.view, name.data(), name.size());
  column.type_name = name.data();
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
  // What is known of one chunk of one column. `state` of a readable one says how far it is checked.
  struct Chunk {
    ColumnView view;
    Status status;
    std::atomic<uint8_t> verified{0};
  };

  Owned<ArrowSchema> schema;
  std::vector<Owned<ArrowArray>> batches;
  std::vector<uint64_t> first_rows{0};  // one more than batches
  std::vector<Column> columns;
  std::vector<std::unique_ptr<SchemaView>> schema_views;
  std::unordered_map<std::string_view, uint32_t> index_of;
  std::vector<std::unique_ptr<Chunk[]>> chunks;       // a row of columns for each batch
  std::vector<uint32_t> num_nested;                   // views of each column
  std::vector<std::unique_ptr<ColumnView[]>> nested;  // of each batch
  std::array<std::mutex, 16> verifying;

  explicit Impl(Owned<ArrowSchema> given) : schema(std::move(given)) {
    check_struct(*schema);
    columns.reserve(static_cast<size_t>(schema->n_children));
    for (int64_t i = 0; i < schema->n_children; ++i) {
      schema_views.push_back(std::make_unique<SchemaView>(*schema->children[i]));
      columns.push_back(describe_column(*schema->children[i], *schema_views.back(), i));
      num_nested.push_back(columns.back().readable ? schema_views.back()->num_nested() : 0);
    }
    for (uint32_t i = 0; i < columns.size(); ++i) {
      const auto [place, added] = index_of.emplace(columns[i].name, i);
      if (!added) place->second = kTwice;
    }
  }

  void add_batch(Owned<ArrowArray> batch) {
    check_batch(*schema, *batch, first_rows.back());
    if (batch->length == 0) return;  // nothing to read
    auto row = std::make_unique<Chunk[]>(columns.size());
    auto rooms = std::make_unique<ColumnView[]>(
        std::accumulate(num_nested.begin(), num_nested.end(), uint64_t{0}));
    ColumnView* room = rooms.get();
    for (uint32_t i = 0; i < columns.size(); ++i) {
      view_chunk(*batch, i, room, &row[i]);
      room += num_nested[i];
    }
    first_rows.push_back(first_rows.back() + static_cast<uint64_t>(batch->length));
    chunks.push_back(std::move(row));
    nested.push_back(std::move(rooms));
    batches.push_back(std::move(batch));
  }

  // A table without rows gets one batch of none, made from the schema, so that whoever looks at
  // the first batch's types finds them.
  void finish() {
    if (!chunks.empty()) return;
    auto row = std::make_unique<Chunk[]>(columns.size());
    for (uint32_t i = 0; i < columns.size(); ++i) row[i].view = schema_views[i]->view;
    chunks.push_back(std::move(row));
    first_rows.push_back(0);
  }

  // The rows of a struct array are rows [offset, offset + length) of its children.
  void view_chunk(const ArrowArray& batch, uint32_t column, ColumnView* rooms, Chunk* chunk) {
    if (!columns[column].readable) return;
    const ArrowArray* child = batch.children[column];
    if (child == nullptr) {
      chunk->status = {Code::kCorrupt, 0};
      return;
    }
    chunk->status = view_column(*schema->children[column], *child, &chunk->view, rooms);
    if (!chunk->status.ok()) return;
    const uint64_t skipped = static_cast<uint64_t>(batch.offset);
    const uint64_t length = static_cast<uint64_t>(batch.length);
    if (chunk->view.length < skipped + length) {
      chunk->status = {Code::kCorrupt, chunk->view.length};
      return;
    }
    chunk->view.offset += skipped;
    chunk->view.length = length;
  }

  const ColumnView& verified_view(uint32_t batch, uint32_t column) {
    Chunk& chunk = chunks[batch][column];
    if (chunk.verified.load(std::memory_order_acquire) == 0) {
      const std::lock_guard lock(verifying[(batch + column) % verifying.size()]);
      if (chunk.verified.load(std::memory_order_relaxed) == 0) {
        if (chunk.status.ok()) chunk.status = verify_column(chunk.view);
        chunk.verified.store(1, std::memory_order_release);
      }
    }
    if (!chunk.status.ok()) throw_corrupt(batch, column, chunk.status);
    return chunk.view;
  }

  [[noreturn]] void throw_corrupt(uint32_t batch, uint32_t column, Status status) const {
    const uint64_t row = first_rows[batch] + status.index;
    const std::string& name = columns[column].name;
    const char* fix = "Report it to the library that made the data.";
    Error error(ErrorKind::kData,
                "Column '" + name + "', near row " + std::to_string(row) +
                    ": the Arrow buffers of " + columns[column].type_name +
                    " are inconsistent (an offset or index points outside, or a buffer is "
                    "missing). " +
                    fix);
    throw error.column(name).row(row).got("inconsistent buffers").hint(fix);
  }

  [[noreturn]] void throw_unreadable(uint32_t column) const {
    const Column& unreadable = columns[column];
    const std::string fix = fix_for_unreadable(*schema->children[column]);
    Error error(ErrorKind::kSchema, "Column '" + unreadable.name + "' has type " +
                                        unreadable.type_name + ", expected " +
                                        std::string(kReadable) + ". " + fix);
    throw error.column(unreadable.name).expected(kReadable).got(unreadable.type_name).hint(fix);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    all.reserve(columns.size());
    for (const Column& column : columns) all.push_back(column.name);
    return all;
  }

  [[noreturn]] void throw_missing(std::string_view name) const {
    const std::vector<std::string> all = names();
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
    check(stream->get_next(stream.get(), batch.get()), impl->first_rows.back());
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

uint64_t Table::num_rows() const { return impl_->first_rows.back(); }
const std::vector<Table::Column>& Table::columns() const { return impl_->columns; }
uint32_t Table::num_batches() const { return static_cast<uint32_t>(impl_->chunks.size()); }
uint64_t Table::batch_rows(uint32_t batch) const {
  return impl_->first_rows[batch + 1] - impl_->first_rows[batch];
}
uint64_t Table::batch_first_row(uint32_t batch) const { return impl_->first_rows[batch]; }

uint32_t Table::column_index(std::string_view name) const {
  const auto found = impl_->index_of.find(name);
  if (found == impl_->index_of.end()) impl_->throw_missing(name);
  if (found->second == kTwice) impl_->throw_twice(name);
  return found->second;
}

const ColumnView& Table::batch_column(uint32_t batch, uint32_t column) const {
  if (!impl_->columns[column].readable) impl_->throw_unreadable(column);
  return impl_->verified_view(batch, column);
}

}  // namespace mainspring
