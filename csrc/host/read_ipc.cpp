// Messages one behind the other: schema, dictionaries, batches. Arrays are made for the C stream
// interface, over buffers inside the bytes; what they are made of lives until the table is done
// with them.
#include "host/read_ipc.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "host/error.hpp"
#include "host/ipc_schema.hpp"
#include "host/owned_arrow.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kContinuation = 0xFFFFFFFF;
constexpr uint8_t kSchemaMessage = 1, kDictionaryMessage = 2, kBatchMessage = 3;
// A batch has a row for at least a byte of it, or none of its columns holds anything.
constexpr int64_t kMaxBatchRows = int64_t{1} << 31;
constexpr int64_t kNoOffsets[1] = {0};

template <class T>
void release_nothing(T* value) {
  value->release = nullptr;
}

/// Everything that the C structs point to.
struct Storage {
  struct Array {
    ArrowArray value{};
    std::vector<const void*> buffers;
    std::vector<ArrowArray*> children;
    std::vector<int64_t> view_sizes;
  };
  struct Schema {
    ArrowSchema value{};
    std::vector<ArrowSchema*> children;
  };
  std::deque<Array> arrays;
  std::deque<Schema> schemas;
  std::deque<std::vector<uint64_t>> copies;
  std::vector<IpcField> fields;
};

class StreamReader {
 public:
  StreamReader(std::span<const uint8_t> bytes, Storage* storage)
      : bytes_(bytes), storage_(storage) {}

  void read() {
    try {
      while (read_message()) {
      }
    } catch (const BadFlatBuffer&) {
      fail("its metadata is no FlatBuffer of a message that Arrow has");
    }
    if (!has_schema_) fail("it has no schema");
  }
  const std::vector<ArrowArray*>& batches() const { return batches_; }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kData, "The Arrow stream cannot be read at byte " +
                                      std::to_string(message_at_) + ": " + what + ".");
  }

  std::span<const uint8_t> take(uint64_t count, const char* what) {
    if (count > bytes_.size() - at_) fail(std::string("it ends inside ") + what);
    const auto taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }

  /// False at the end of the stream.
  bool read_message() {
    message_at_ = at_;
    if (at_ == bytes_.size()) {
      if (!has_schema_) fail("it is empty");
      return false;
    }
    auto length = FlatTable::load<uint32_t>(take(4, "the length of a message"), 0);
    if (length == kContinuation) {
      length = FlatTable::load<uint32_t>(take(4, "the length of a message"), 0);
    }
    if (length == 0) {
      if (at_ != bytes_.size()) fail("something follows behind its end");
      return false;
    }
    const FlatTable message = FlatTable::root(take(length, "the metadata of a message"));
    if (message.scalar<int16_t>(0, 0) < 3) fail("its metadata is older than version 4");
    const auto body_bytes = message.scalar<int64_t>(3, 0);
    if (body_bytes < 0) fail("a message has a body of negative length");
    const auto body = take(static_cast<uint64_t>(body_bytes), "the body of a message");
    const auto kind = message.scalar<uint8_t>(1, 0);
    if (kind == kSchemaMessage) {
      if (has_schema_) fail("a second schema comes");
      storage_->fields = read_ipc_schema(message.table(2));
      has_schema_ = true;
    } else if (!has_schema_) {
      fail("data comes before the schema");
    } else if (kind == kDictionaryMessage) {
      read_dictionary(message.table(2), body);
    } else if (kind == kBatchMessage) {
      read_batch(message.table(2), body);
    } else {
      fail("a message is neither schema, dictionary nor batch");
    }
    return true;
  }

  static const IpcField* find_values(const std::vector<IpcField>& fields, int64_t id) {
    for (const IpcField& field : fields) {
      if (field.has_dictionary && field.dictionary_id == id) return &field.dictionary[0];
      if (const IpcField* found = find_values(field.children, id)) return found;
      if (const IpcField* found = find_values(field.dictionary, id)) return found;
    }
    return nullptr;
  }

  void read_dictionary(const FlatTable& message, std::span<const uint8_t> body) {
    const auto id = message.scalar<int64_t>(0, 0);
    const IpcField* const values = find_values(storage_->fields, id);
    if (values == nullptr) fail("a dictionary belongs to no column");
    if (message.scalar<uint8_t>(2, 0) != 0) {
      throw Error(ErrorKind::kUnsupported,
                  "The Arrow stream adds to a dictionary. Write whole dictionaries.");
    }
    begin_batch(message.table(1), body);
    ArrowArray* const array = read_array(*values);
    end_batch();
    dictionaries_[id] = array;
  }

  void read_batch(const FlatTable& batch, std::span<const uint8_t> body) {
    begin_batch(batch, body);
    Storage::Array& all = storage_->arrays.emplace_back();
    all.value.length = batch.scalar<int64_t>(0, 0);
    if (all.value.length < 0 || all.value.length > kMaxBatchRows) fail("a batch has no such rows");
    all.buffers = {nullptr};
    for (const IpcField& field : storage_->fields) {
      ArrowArray* const column = read_array(field);
      if (column->length != all.value.length) fail("a column has not as many rows as its batch");
      all.children.push_back(column);
    }
    end_batch();
    finish(&all);
    batches_.push_back(&all.value);
  }

  void begin_batch(const FlatTable& batch, std::span<const uint8_t> body) {
    if (batch.has(3)) {
      throw Error(ErrorKind::kUnsupported,
                  "The Arrow stream has compressed buffers. Write it without compression.");
    }
    body_ = body;
    nodes_ = batch.vector(1, 16);
    buffers_ = batch.vector(2, 16);
    variadic_ = batch.vector(4, 8);
    next_node_ = next_buffer_ = next_variadic_ = 0;
  }
  void end_batch() {
    if (next_node_ != nodes_.size() || next_buffer_ != buffers_.size()) {
      fail("a batch has more buffers than its columns");
    }
  }

  /// The next buffer, which has at least that many bytes; null where it is empty.
  const uint8_t* take_buffer(uint64_t min_bytes, uint64_t* num_bytes = nullptr) {
    if (next_buffer_ == buffers_.size()) fail("a batch has fewer buffers than its columns");
    const auto offset = buffers_.number<int64_t>(next_buffer_, 0);
    const auto length = buffers_.number<int64_t>(next_buffer_, 8);
    ++next_buffer_;
    const auto body_bytes = static_cast<int64_t>(body_.size());
    if (offset < 0 || length < 0 || offset > body_bytes || length > body_bytes - offset) {
      fail("a buffer lies outside its message");
    }
    if (static_cast<uint64_t>(length) < min_bytes) fail("a buffer is shorter than its column");
    if (num_bytes != nullptr) *num_bytes = static_cast<uint64_t>(length);
    if (length == 0) return nullptr;
    const uint8_t* const data = body_.data() + offset;
    if (reinterpret_cast<uintptr_t>(data) % 8 == 0) return data;
    std::vector<uint64_t>& copy =
        storage_->copies.emplace_back(static_cast<size_t>(length + 7) / 8);
    std::memcpy(copy.data(), data, static_cast<size_t>(length));
    return reinterpret_cast<const uint8_t*>(copy.data());
  }

  static uint64_t bytes_of_bits(uint64_t bits) { return (bits + 7) / 8; }

  /// Offsets of num_rows strings or lists, and what the last one says.
  const void* take_offsets(const IpcField& field, uint64_t num_rows, uint64_t* end) {
    uint64_t num_bytes = 0;
    // A column without rows may have no offset at all.
    const uint64_t wanted = num_rows == 0 ? 0 : (num_rows + 1) * field.offset_bytes;
    const uint8_t* const offsets = take_buffer(wanted, &num_bytes);
    *end = 0;
    if (num_bytes < (num_rows + 1) * field.offset_bytes) return kNoOffsets;
    const uint8_t* const last = offsets + num_rows * field.offset_bytes;
    int64_t wide = 0;
    int32_t narrow = 0;
    if (field.offset_bytes == 8) {
      std::memcpy(&wide, last, sizeof wide);
    } else {
      std::memcpy(&narrow, last, sizeof narrow);
      wide = narrow;
    }
    if (wide < 0) fail("an offset is negative");
    *end = static_cast<uint64_t>(wide);
    return offsets;
  }

  void take_views(Storage::Array* array, uint64_t num_rows) {
    array->buffers.push_back(take_buffer(num_rows * 16));
    if (next_variadic_ == variadic_.size()) fail("a column of views does not say its buffers");
    const auto count = variadic_.number<int64_t>(next_variadic_++);
    if (count < 0 || count > int64_t{buffers_.size()})
      fail("a column of views has no such buffers");
    for (int64_t i = 0; i < count; ++i) {
      uint64_t num_bytes = 0;
      array->buffers.push_back(take_buffer(0, &num_bytes));
      array->view_sizes.push_back(static_cast<int64_t>(num_bytes));
    }
    array->view_sizes.push_back(0);  // so that there is an address where no buffer is
    array->buffers.push_back(array->view_sizes.data());
  }

  void take_values(const IpcField& field, Storage::Array* array, uint64_t num_rows,
                   uint64_t* child_rows) {
    uint64_t end = 0;
    switch (field.layout) {
      case IpcLayout::kFixed: {
        if (field.bits > 8 && num_rows > UINT64_MAX / field.bits) fail("a column is too long");
        array->buffers.push_back(take_buffer(bytes_of_bits(num_rows * field.bits)));
        break;
      }
      case IpcLayout::kText:
        array->buffers.push_back(take_offsets(field, num_rows, &end));
        array->buffers.push_back(take_buffer(end));
        break;
      case IpcLayout::kViews: take_views(array, num_rows); break;
      case IpcLayout::kList:
        array->buffers.push_back(take_offsets(field, num_rows, child_rows));
        break;
      case IpcLayout::kListView:
        array->buffers.push_back(take_buffer(num_rows * field.offset_bytes));
        array->buffers.push_back(take_buffer(num_rows * field.offset_bytes));
        break;
      case IpcLayout::kInside:
        *child_rows = num_rows * std::max<uint64_t>(field.list_size, 1);
        break;
      case IpcLayout::kUnion:
        array->buffers.push_back(take_buffer(num_rows));
        if (field.is_dense) array->buffers.push_back(take_buffer(num_rows * 4));
        break;
      case IpcLayout::kNone:
      case IpcLayout::kRuns: break;
    }
  }

  ArrowArray* read_array(const IpcField& field) {
    Storage::Array& array = storage_->arrays.emplace_back();
    if (next_node_ == nodes_.size()) fail("a batch has fewer columns than its schema");
    array.value.length = nodes_.number<int64_t>(next_node_, 0);
    array.value.null_count = nodes_.number<int64_t>(next_node_, 8);
    ++next_node_;
    if (array.value.length < 0 || array.value.length > kMaxBatchRows) {
      fail("a column has no such number of rows");
    }
    const auto num_rows = static_cast<uint64_t>(array.value.length);
    const bool has_validity = field.layout != IpcLayout::kNone &&
                              field.layout != IpcLayout::kRuns && field.layout != IpcLayout::kUnion;
    if (has_validity) {
      const bool has_nulls = array.value.null_count != 0;
      uint64_t num_bytes = 0;
      const uint8_t* const validity = take_buffer(0, &num_bytes);
      const bool is_there = num_bytes >= bytes_of_bits(num_rows) && validity != nullptr;
      if (!is_there && (has_nulls || num_bytes != 0) && num_rows != 0) {
        fail("a column has nulls but no bitmap of them");
      }
      array.buffers.push_back(is_there ? validity : nullptr);
    }
    uint64_t child_rows = 0;
    take_values(field, &array, num_rows, &child_rows);
    for (const IpcField& child : field.children) {
      ArrowArray* const made = read_array(child);
      if (static_cast<uint64_t>(made->length) < child_rows)
        fail("a list is longer than its values");
      array.children.push_back(made);
    }
    if (field.has_dictionary) {
      const auto found = dictionaries_.find(field.dictionary_id);
      if (found == dictionaries_.end()) fail("a column comes before its dictionary");
      array.value.dictionary = found->second;
    }
    finish(&array);
    return &array.value;
  }

  static void finish(Storage::Array* array) {
    array->value.n_buffers = static_cast<int64_t>(array->buffers.size());
    array->value.buffers = array->buffers.data();
    array->value.n_children = static_cast<int64_t>(array->children.size());
    array->value.children = array->children.data();
    array->value.release = &release_nothing<ArrowArray>;
  }

  std::span<const uint8_t> bytes_;
  Storage* storage_;
  uint64_t at_ = 0;
  uint64_t message_at_ = 0;
  bool has_schema_ = false;
  std::map<int64_t, ArrowArray*> dictionaries_;
  std::vector<ArrowArray*> batches_;
  // Of the message that is read.
  std::span<const uint8_t> body_;
  FlatVector nodes_, buffers_, variadic_;
  uint32_t next_node_ = 0, next_buffer_ = 0, next_variadic_ = 0;
};

ArrowSchema* make_schema(const IpcField& field, Storage* storage) {
  Storage::Schema& made = storage->schemas.emplace_back();
  made.value.format = field.format.c_str();
  made.value.name = field.name.c_str();
  made.value.flags = ARROW_FLAG_NULLABLE;
  for (const IpcField& child : field.children) {
    made.children.push_back(make_schema(child, storage));
  }
  if (field.has_dictionary) made.value.dictionary = make_schema(field.dictionary[0], storage);
  made.value.n_children = static_cast<int64_t>(made.children.size());
  made.value.children = made.children.data();
  made.value.release = &release_nothing<ArrowSchema>;
  return &made.value;
}

/// What a table is made from. The structs that it takes own nothing but, through the schema, this.
struct StreamState {
  Storage storage;
  std::vector<ArrowArray*> batches;
  size_t next = 0;
};
using SharedState = std::shared_ptr<StreamState>;

StreamState& state_of(ArrowArrayStream* stream) {
  return **static_cast<SharedState*>(stream->private_data);
}

int give_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  StreamState& state = state_of(stream);
  *out = *make_schema(state.storage.fields[0], &state.storage);
  out->private_data = new SharedState(*static_cast<SharedState*>(stream->private_data));
  out->release = [](ArrowSchema* schema) {
    delete static_cast<SharedState*>(schema->private_data);
    schema->release = nullptr;
  };
  return 0;
}

int give_batch(ArrowArrayStream* stream, ArrowArray* out) {
  StreamState& state = state_of(stream);
  *out = ArrowArray{};
  if (state.next != state.batches.size()) *out = *state.batches[state.next++];
  return 0;
}

}  // namespace

Table read_ipc_stream(std::span<const uint8_t> bytes) {
  SharedState state = std::make_shared<StreamState>();
  StreamReader reader(bytes, &state->storage);
  reader.read();
  state->batches = reader.batches();
  IpcField all;
  all.format = "+s";
  all.children = std::move(state->storage.fields);
  state->storage.fields.clear();
  state->storage.fields.push_back(std::move(all));
  ArrowArrayStream stream{};
  stream.private_data = &state;
  stream.get_schema = &give_schema;
  stream.get_next = &give_batch;
  stream.get_last_error = [](ArrowArrayStream*) -> const char* { return nullptr; };
  stream.release = &release_nothing<ArrowArrayStream>;
  return Table::from_stream(&stream);
}

}  // namespace mainspring
