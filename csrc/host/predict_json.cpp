// Reads a tile, predicts it, and reads the next into the same memory. A body of one row touches the
// memory of one row: the tile is as large as the text can fill.
#include "host/predict_json.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "host/predict_sparse.hpp"
#include "host/scratch.hpp"

namespace mainspring {
namespace {

constexpr uint64_t round_to_64(uint64_t bytes) { return (bytes + 63) & ~uint64_t{63}; }

bool is_text(const Field& field) {
  return field.kind == FieldKind::kText || field.kind == FieldKind::kBinary;
}

ColumnType type_of(const Field& field) {
  switch (field.kind) {
    case FieldKind::kNumber: return ColumnType::kF64;
    case FieldKind::kInteger: return ColumnType::kI64;
    case FieldKind::kText: return ColumnType::kUtf8View;
    case FieldKind::kBinary: return ColumnType::kBinaryView;
    case FieldKind::kTime: return ColumnType::kTimestamp;
  }
  return ColumnType::kNull;
}

/// The elements of a tile's lists. As large as the text can fill it; pages that it does not are
/// never touched.
class Elements {
 public:
  void make_room(uint64_t count, uint64_t value_bytes) {
    values_ = std::make_unique_for_overwrite<uint8_t[]>(count * value_bytes);
    validity_.assign(count / 64 + 1, 0);
    room_ = {values_.get(), validity_.data(), 0};
  }
  void clear() {
    if (room_.used != 0) std::fill_n(validity_.begin(), room_.used / 64 + 1, uint64_t{0});
    room_.used = 0;
  }
  ElementRoom* room() { return &room_; }

 private:
  std::unique_ptr<uint8_t[]> values_;
  std::vector<uint64_t> validity_;
  ElementRoom room_{};
};

/// The memory of one tile of every field, laid out in this thread's scratch behind what predicting
/// needs there.
class JsonTile {
 public:
  JsonTile(const JsonCall& call, uint64_t num_rows)
      : call_(call), bundle_(call.bundle), schema_(call.schema) {
    const BundleImage& bundle = call.bundle;
    const JsonSchema& schema = call.schema;
    const std::span<const uint8_t> text = call.text;
    capacity_ = static_cast<uint32_t>(std::clamp<uint64_t>(num_rows, 1, kTileRows));
    const uint64_t num_fields = schema.fields().size();
    validity_bytes_ = uint64_t{(capacity_ + 63) / 64} * 8;
    const uint64_t predict_bytes =
        joins_sparse(bundle.view()) ? 0 : round_to_64(scratch_bytes(bundle.view()));
    const uint64_t value_bytes = round_to_64(uint64_t{capacity_} * sizeof(TextView));
    const uint64_t field_bytes = sizeof(ColumnView) + sizeof(FieldColumn) + sizeof(uint32_t) +
                                 sizeof(uint64_t) + validity_bytes_ + value_bytes;
    uint8_t* at = thread_scratch(predict_bytes + num_fields * field_bytes + 64);
    scratch_ = at;
    at += predict_bytes;
    uint8_t* values = at;
    at += num_fields * value_bytes;
    validity_ = reinterpret_cast<uint64_t*>(at);
    at += num_fields * validity_bytes_;
    views_ = reinterpret_cast<ColumnView*>(at);
    at += num_fields * sizeof(ColumnView);
    columns_ = reinterpret_cast<FieldColumn*>(at);
    at += num_fields * sizeof(FieldColumn);
    seen_ = reinterpret_cast<uint64_t*>(at);
    order_ = reinterpret_cast<uint32_t*>(at + num_fields * sizeof(uint64_t));
    // Texts are copied only when escapes or base64 are resolved.
    const bool has_escapes =
        !text.empty() && std::memchr(text.data(), '\\', text.size()) != nullptr;
    if (schema.has_binary() || has_escapes) {
      arena_bytes_.resize(text.size() * schema.max_same());
    }
    arena_ = {arena_bytes_.data(), 0};
    buffers_[0] = text.data();
    buffers_[1] = arena_bytes_.data();
    buffers_[2] = reinterpret_cast<const uint8_t*>(buffer_sizes_);
    buffer_sizes_[0] = static_cast<int64_t>(text.size());
    buffer_sizes_[1] = static_cast<int64_t>(arena_bytes_.size());
    if (schema.has_lists()) make_element_room(text.size());
    for (uint64_t i = 0; i < num_fields; ++i) {
      columns_[i] = {values + i * value_bytes, validity_ + i * validity_bytes_ / 8};
      if (schema.fields()[i].is_list) {
        columns_[i].sizes = static_cast<int64_t*>(columns_[i].values) + capacity_;
        columns_[i].elements = (is_text(schema.fields()[i]) ? texts_ : numbers_).room();
      }
      set_view(static_cast<uint32_t>(i));
    }
  }

  uint32_t capacity() const { return capacity_; }
  const FieldColumn* columns() const { return columns_; }
  TextArena* arena() { return &arena_; }
  uint32_t* order() { return order_; }
  uint64_t* seen() { return seen_; }

  void clear() {
    std::memset(validity_, 0, schema_.fields().size() * validity_bytes_);
    arena_.used = 0;
    numbers_.clear();
    texts_.clear();
  }

  void predict(uint32_t num_rows, std::vector<double>* out) {
    for (uint64_t i = 0; i < schema_.fields().size(); ++i) {
      views_[i].length = num_rows;
      if (columns_[i].elements != nullptr) elements_[i].length = columns_[i].elements->used;
    }
    if (call_.observer != nullptr) call_.observer->on_read(views_, num_rows);
    const size_t done = out->size();
    const uint64_t width = output_width(bundle_.view(), call_.kind);
    out->resize(done + num_rows * width);
    if (call_.observer != nullptr &&
        call_.observer->gives_scores(views_, num_rows, width, out->data() + done)) {
      // Predicted elsewhere.
    } else if (joins_sparse(bundle_.view())) {
      predict_joined(bundle_, views_, 0, num_rows, call_.kind, out->data() + done);
    } else {
      check_texts(predict_rows(bundle_.view(), process_kernels(), views_, 0, num_rows, call_.kind,
                               scratch_, thread_texts(), out->data() + done));
    }
    if (call_.observer != nullptr) call_.observer->on_predicted(out->data() + done, num_rows);
  }

 private:
  void make_element_room(uint64_t text_bytes) {
    // Of an element and what parts it from the next, [1,2] and ["",""] are the shortest.
    constexpr uint64_t kNumberBytes = 2;
    constexpr uint64_t kTextBytes = 3;
    bool has_numbers = false;
    bool has_texts = false;
    for (const Field& field : schema_.fields()) {
      if (field.is_list) (is_text(field) ? has_texts : has_numbers) = true;
    }
    const uint64_t same = schema_.max_same();
    if (has_numbers) numbers_.make_room((text_bytes / kNumberBytes + 1) * same, sizeof(double));
    // A null among texts is longer than the shortest text.
    if (has_texts) texts_.make_room((text_bytes / kTextBytes + 1) * same, sizeof(TextView));
    elements_.resize(schema_.fields().size());
  }

  void set_view(uint32_t number) {
    const Field& field = schema_.fields()[number];
    ColumnView view{};
    view.type = type_of(field);
    view.unit = static_cast<TimeUnit>(schema_.plan().inputs[number].unit);
    view.time_zone = "";
    view.validity = reinterpret_cast<const uint8_t*>(columns_[number].validity);
    view.values = columns_[number].values;
    if (is_text(field)) {
      view.view_buffers = buffers_;
      view.num_view_buffers = 2;
    }
    if (field.is_list) {
      const ElementRoom& room = *columns_[number].elements;
      elements_[number] = view;
      elements_[number].validity = reinterpret_cast<const uint8_t*>(room.validity);
      elements_[number].values = room.values;
      view.type = ColumnType::kLargeListView;
      view.sizes = columns_[number].sizes;
      view.child = &elements_[number];
    }
    views_[number] = view;
  }

  const JsonCall& call_;
  const BundleImage& bundle_;
  const JsonSchema& schema_;
  uint32_t capacity_;
  uint64_t validity_bytes_;
  uint8_t* scratch_;
  uint64_t* validity_;
  ColumnView* views_;
  FieldColumn* columns_;
  uint64_t* seen_;
  uint32_t* order_;
  Elements numbers_, texts_;
  std::vector<ColumnView> elements_;  // of fields of lists
  std::vector<uint8_t> arena_bytes_;
  TextArena arena_{};
  const uint8_t* buffers_[3];
  int64_t buffer_sizes_[2];
};

}  // namespace

LimitError::LimitError(uint64_t max_rows)
    : Error(ErrorKind::kData, "The body has more than " + std::to_string(max_rows) +
                                  " rows. Send fewer at a time.") {}

uint64_t predict_json_rows(const JsonCall& call, uint64_t first, uint64_t last,
                           std::vector<double>* out) {
  const std::span<const uint8_t> text = call.text;
  JsonTile tile(call, (last - first) / call.schema.min_row_bytes() + 1);
  JsonError error;
  // A name without its escapes goes where the next text would: it is not kept.
  JsonRowReader reader{{text.data(), text.data() + first, text.data() + last, &error},
                       &call.schema.table(),
                       tile.order(),
                       tile.seen(),
                       tile.arena()};
  if (!open_rows(&reader)) throw_json_error(error, call.schema, text);
  while (!reader.is_done) {
    tile.clear();
    uint32_t count = 0;
    if (!read_rows(&reader, tile.capacity(), tile.columns(), &count)) {
      throw_json_error(error, call.schema, text);
    }
    if (reader.num_rows > call.max_rows) throw LimitError(call.max_rows);
    if (count != 0) tile.predict(count, out);
  }
  return reader.num_rows;
}

void predict_json_lists(const JsonCall& call, std::span<ColumnValues> columns, uint64_t num_rows,
                        std::vector<double>* out) {
  const std::span<const uint8_t> text = call.text;
  JsonTile tile(call, num_rows);
  JsonError error;
  JsonCursor cursor{text.data(), text.data(), text.data() + text.size(), &error};
  for (uint64_t done = 0; done < num_rows;) {
    tile.clear();
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(num_rows - done, tile.capacity()));
    for (uint32_t i = 0; i < columns.size(); ++i) {
      const Field& field = call.schema.fields()[i];
      if (columns[i].binary.has_value()) {
        columns[i].binary->read(field, count, tile.columns()[i], text.data());
        continue;
      }
      error.row = done;
      if (!read_list(&columns[i].list, cursor, field, count, tile.columns()[i], tile.arena())) {
        error.field = i;
        throw_json_error(error, call.schema, text);
      }
    }
    tile.predict(count, out);
    done += count;
  }
}

namespace {

/// The values of one row, each into every field of its name.
bool read_places(JsonCursor* cursor, const JsonSchema& schema, std::span<const uint32_t> places,
                 uint32_t row, const FieldColumn* columns, TextArena* arena) {
  if (!cursor->take('[')) return cursor->fail_here("a list");
  bool more = false;
  for (size_t place = 0; place < places.size(); ++place) {
    if (!next_member(cursor, place == 0, ']', &more)) return false;
    if (!more) return cursor->fail(JsonCode::kUnexpectedByte, cursor->at - 1, "another value");
    uint32_t number = places[place];
    if (number == kNoField && !skip_value(cursor)) return false;
    cursor->skip_space();
    const uint8_t* const value = cursor->at;
    for (; number != kNoField; number = schema.fields()[number].next_same) {
      cursor->at = value;
      if (!read_value(cursor, schema.fields()[number], Datatype::kAny, columns[number], row,
                      arena)) {
        cursor->error->field = number;
        return false;
      }
    }
  }
  return cursor->take(']') || cursor->fail_here("']' behind as many values as there are columns");
}

}  // namespace

uint64_t predict_json_split(const JsonCall& call, uint64_t first, std::span<const uint32_t> places,
                            std::vector<double>* out) {
  const std::span<const uint8_t> text = call.text;
  // The shortest row is [1,1].
  JsonTile tile(call, (text.size() - first) / (2 * places.size() + 1) + 1);
  JsonError error;
  JsonCursor cursor{text.data(), text.data() + first, text.data() + text.size(), &error};
  uint64_t num_rows = 0;
  bool more = cursor.take('[');
  if (!more) cursor.fail_here("a list of rows");
  while (more) {
    tile.clear();
    tile.arena()->used = 0;
    uint32_t count = 0;
    for (; count < tile.capacity(); ++count, ++num_rows) {
      error.row = num_rows;
      if (!next_member(&cursor, num_rows == 0, ']', &more)) {
        throw_json_error(error, call.schema, text);
      }
      if (!more) break;
      if (!read_places(&cursor, call.schema, places, count, tile.columns(), tile.arena())) {
        throw_json_error(error, call.schema, text);
      }
    }
    if (num_rows > call.max_rows) throw LimitError(call.max_rows);
    if (count != 0) tile.predict(count, out);
  }
  if (error.code != JsonCode::kOk) throw_json_error(error, call.schema, text);
  return num_rows;
}

}  // namespace mainspring
