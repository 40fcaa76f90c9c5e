// Owners of exported structs: each child shares the memory by itself, because the interface lets a
// consumer move a child out and release its parent.
#include "host/arrow_columns.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "host/scratch_array.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {

namespace {

// Large columns lie in memory that comes back to the next call when their last owner is gone.
using Buffer = ScratchArray<uint8_t>;

uint64_t value_bytes(ArrowColumns::Type type, uint64_t num_rows) {
  switch (type) {
    case ArrowColumns::Type::kFloat32:
    case ArrowColumns::Type::kInt32: return num_rows * 4;
    case ArrowColumns::Type::kFloat64:
    case ArrowColumns::Type::kInt64: return num_rows * 8;
    case ArrowColumns::Type::kBool: return (num_rows + 7) / 8;
    case ArrowColumns::Type::kText: return (num_rows + 1) * 8;
  }
  return 0;
}

const char* format_of(ArrowColumns::Type type) {
  switch (type) {
    case ArrowColumns::Type::kFloat32: return "f";
    case ArrowColumns::Type::kFloat64: return "g";
    case ArrowColumns::Type::kInt32: return "i";
    case ArrowColumns::Type::kInt64: return "l";
    case ArrowColumns::Type::kBool: return "b";
    case ArrowColumns::Type::kText: return "U";
  }
  return "";
}

/// One bit a row, 1 where the value is a number; returns how many are not.
uint64_t write_validity(const float* values, uint64_t num_rows, uint8_t* bits) {
  uint64_t missing = 0;
  for (uint64_t first = 0; first < num_rows; first += 8) {
    const uint64_t count = std::min<uint64_t>(8, num_rows - first);
    uint8_t byte = 0;
    for (uint64_t i = 0; i < count; ++i) {
      const bool present = values[first + i] == values[first + i];
      byte |= static_cast<uint8_t>(present << i);
      missing += present ? 0 : 1;
    }
    bits[first / 8] = byte;
  }
  return missing;
}

}  // namespace

struct ArrowColumns::Memory {
  std::vector<Column> columns;
  uint64_t num_rows;
  Buffer all_values;
  std::vector<uint8_t*> values;  // of each column, in all_values
  std::vector<std::atomic<bool>> may_miss;
  std::vector<Buffer> validity;  // no data: every row is there
  std::vector<Buffer> texts;     // of columns of kText
  std::vector<int64_t> num_missing;
};

namespace {

/// What an exported array of one column owns.
template <class Memory>
struct ColumnExport {
  std::shared_ptr<Memory> memory;
  const void* buffers[3];
};

/// What an exported struct owns: its children's structs, and the buffer that says no row is null.
template <class Struct>
struct StructExport {
  std::vector<Struct> children;
  std::vector<Struct*> pointers;
  const void* buffers[1] = {nullptr};

  explicit StructExport(size_t count) : children(count) {
    for (Struct& child : children) pointers.push_back(&child);
  }
};

template <class Struct>
void release_struct(Struct* exported) {
  auto* owned = static_cast<StructExport<Struct>*>(exported->private_data);
  for (Struct& child : owned->children) {
    if (child.release != nullptr) child.release(&child);
  }
  delete owned;
  exported->release = nullptr;
}

void release_name(ArrowSchema* schema) {
  delete static_cast<std::string*>(schema->private_data);
  schema->release = nullptr;
}

template <class Memory>
void release_column(ArrowArray* array) {
  delete static_cast<ColumnExport<Memory>*>(array->private_data);
  array->release = nullptr;
}

template <class Memory>
void export_column(const std::shared_ptr<Memory>& memory, uint32_t column, ArrowArray* array) {
  auto* owned = new ColumnExport<Memory>{
      memory,
      {memory->validity[column].data(), memory->values[column], memory->texts[column].data()}};
  *array = ArrowArray{};
  array->length = static_cast<int64_t>(memory->num_rows);
  array->null_count = memory->num_missing[column];
  array->n_buffers = memory->columns[column].type == ArrowColumns::Type::kText ? 3 : 2;
  array->buffers = owned->buffers;
  array->private_data = owned;
  array->release = &release_column<Memory>;
}

/// What a stream owns.
struct StreamExport {
  ArrowColumns columns;
  bool done = false;
};

StreamExport* stream_of(ArrowArrayStream* stream) {
  return static_cast<StreamExport*>(stream->private_data);
}

// C callers: no exception may leave.
template <class Body>
int without_throwing(Body body) {
  try {
    body();
    return 0;
  } catch (...) {
    return ENOMEM;
  }
}

int next_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  return without_throwing([&] { stream_of(stream)->columns.export_schema(out); });
}

int next_array(ArrowArrayStream* stream, ArrowArray* out) {
  return without_throwing([&] {
    StreamExport* owned = stream_of(stream);
    *out = ArrowArray{};
    if (std::exchange(owned->done, true)) return;  // a released array ends the stream
    ArrowSchema schema{};
    owned->columns.export_array(&schema, out);
    schema.release(&schema);
  });
}

const char* last_error(ArrowArrayStream* stream) {
  (void)stream;
  return "not enough memory";
}

void release_stream(ArrowArrayStream* stream) {
  delete stream_of(stream);
  stream->release = nullptr;
}

}  // namespace

ArrowColumns::ArrowColumns(std::vector<Column> columns, uint64_t num_rows)
    : memory_(std::make_shared<Memory>()) {
  memory_->columns = std::move(columns);
  memory_->num_rows = num_rows;
  // One piece of memory: whoever keeps a column keeps them all anyway.
  constexpr uint64_t kStep = kBufferAlignment;
  std::vector<uint64_t> begins;
  uint64_t num_bytes = 0;
  for (const Column& column : memory_->columns) {
    begins.push_back(num_bytes);
    num_bytes += (value_bytes(column.type, num_rows) + kStep - 1) / kStep * kStep;
  }
  memory_->all_values.reserve(num_bytes);
  for (const uint64_t begin : begins) {
    memory_->values.push_back(memory_->all_values.data() + begin);
  }
  memory_->may_miss = std::vector<std::atomic<bool>>(memory_->columns.size());
  memory_->validity.resize(memory_->columns.size());
  memory_->texts.resize(memory_->columns.size());
  memory_->num_missing.resize(memory_->columns.size());
}

uint64_t ArrowColumns::num_rows() const { return memory_->num_rows; }
const std::vector<ArrowColumns::Column>& ArrowColumns::columns() const { return memory_->columns; }
void* ArrowColumns::values(uint32_t column) { return memory_->values[column]; }

void ArrowColumns::note_missing(uint32_t column) {
  memory_->may_miss[column].store(true, std::memory_order_relaxed);
}

char* ArrowColumns::make_text(uint32_t column, uint64_t num_bytes) {
  memory_->texts[column].reserve(num_bytes);
  return reinterpret_cast<char*>(memory_->texts[column].data());
}

void ArrowColumns::mark_missing() {
  constexpr uint64_t kBlockRows = 1 << 16;  // whole bytes of the bitmap
  const uint64_t num_rows = memory_->num_rows;
  const uint64_t blocks = (num_rows + kBlockRows - 1) / kBlockRows;
  const size_t num_columns = memory_->columns.size();
  std::vector<std::atomic<int64_t>> missing(num_columns);
  for (size_t i = 0; i < num_columns; ++i) {
    if (!memory_->may_miss[i]) continue;
    memory_->validity[i].reserve((num_rows + 7) / 8);
  }
  parallel_for(num_columns * blocks, [&](uint64_t item, uint32_t) {
    const size_t column = item / blocks;
    if (memory_->validity[column].data() == nullptr) return;
    const uint64_t first = item % blocks * kBlockRows;
    const auto* values = reinterpret_cast<const float*>(memory_->values[column]);
    missing[column] +=
        static_cast<int64_t>(write_validity(values + first, std::min(kBlockRows, num_rows - first),
                                            memory_->validity[column].data() + first / 8));
  });
  for (size_t i = 0; i < num_columns; ++i) {
    memory_->num_missing[i] = missing[i];
    if (missing[i] == 0) memory_->validity[i] = {};
  }
}

void ArrowColumns::export_schema(ArrowSchema* schema) const {
  auto owned = std::make_unique<StructExport<ArrowSchema>>(memory_->columns.size());
  *schema = ArrowSchema{};
  schema->format = "+s";
  schema->name = "";
  schema->n_children = static_cast<int64_t>(memory_->columns.size());
  schema->children = owned->pointers.data();
  schema->private_data = owned.get();
  schema->release = &release_struct<ArrowSchema>;
  auto* children = owned.release()->children.data();
  for (size_t i = 0; i < memory_->columns.size(); ++i) {
    const Column& column = memory_->columns[i];
    auto* name = new std::string(column.name);
    children[i].format = format_of(column.type);
    children[i].name = name->c_str();
    children[i].flags = column.type == Type::kFloat32 ? ARROW_FLAG_NULLABLE : 0;
    children[i].private_data = name;
    children[i].release = &release_name;
  }
}

void ArrowColumns::export_array(ArrowSchema* schema, ArrowArray* array) const {
  export_schema(schema);
  auto owned = std::make_unique<StructExport<ArrowArray>>(memory_->columns.size());
  *array = ArrowArray{};
  array->length = static_cast<int64_t>(memory_->num_rows);
  array->n_buffers = 1;
  array->buffers = owned->buffers;
  array->n_children = static_cast<int64_t>(memory_->columns.size());
  array->children = owned->pointers.data();
  array->private_data = owned.get();
  array->release = &release_struct<ArrowArray>;
  auto* children = owned.release()->children.data();
  for (uint32_t i = 0; i < memory_->columns.size(); ++i) export_column(memory_, i, &children[i]);
}

void ArrowColumns::export_stream(ArrowArrayStream* stream) const {
  *stream = ArrowArrayStream{};
  stream->private_data = new StreamExport{*this};
  stream->get_schema = &next_schema;
  stream->get_next = &next_array;
  stream->get_last_error = &last_error;
  stream->release = &release_stream;
}

}  // namespace mainspring
