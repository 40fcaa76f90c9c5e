// Arrow arrays built by hand for the tests, every buffer exactly as long as the format allows, so
// that the address sanitizer sees any read outside.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/arrow/c_data.h"

namespace mainspring {

/// One column with its memory. Rows before `offset` hold junk that is marked as present.
class ArrowColumn {
 public:
  ArrowSchema schema{};
  ArrowArray array{};

  ArrowColumn(const char* format, uint64_t length, uint64_t offset) : format_(format) {
    array.length = static_cast<int64_t>(length);
    array.offset = static_cast<int64_t>(offset);
  }
  ArrowColumn(const ArrowColumn&) = delete;
  ArrowColumn& operator=(const ArrowColumn&) = delete;

  /// Appends a buffer; `shift` moves it that many bytes off its alignment.
  uint8_t* add_buffer(uint64_t num_bytes, uint64_t shift = 0) {
    memory_.push_back(std::make_unique<uint8_t[]>(num_bytes + shift));
    pointers_.push_back(memory_.back().get() + shift);
    return memory_.back().get() + shift;
  }
  void add_null_buffer() { pointers_.push_back(nullptr); }

  template <class T>
  void add_values(const std::vector<T>& values, uint64_t shift = 0) {
    uint8_t* to = add_buffer(values.size() * sizeof(T), shift);
    if (!values.empty()) std::memcpy(to, values.data(), values.size() * sizeof(T));
  }

  /// A bitmap of `before` ones (junk rows) and then `bits`.
  void add_bits(const std::vector<bool>& bits, uint64_t before) {
    uint8_t* to = add_buffer((before + bits.size() + 7) / 8);
    for (uint64_t i = 0; i < before + bits.size(); ++i) {
      if (i < before || bits[i - before]) to[i >> 3] |= static_cast<uint8_t>(1 << (i & 7));
    }
  }

  void set_dictionary(std::unique_ptr<ArrowColumn> dictionary) {
    dictionary_ = std::move(dictionary);
  }
  ArrowColumn& dictionary() { return *dictionary_; }

  void add_child(std::unique_ptr<ArrowColumn> child) { children_.push_back(std::move(child)); }
  ArrowColumn& child(size_t number = 0) { return *children_[number]; }

  /// Call once all buffers are there.
  void seal(int64_t null_count = -1) {
    schema.format = format_.c_str();
    schema.name = "column";
    array.null_count = null_count;
    array.n_buffers = static_cast<int64_t>(pointers_.size());
    array.buffers = pointers_.data();
    if (dictionary_) {
      schema.dictionary = &dictionary_->schema;
      array.dictionary = &dictionary_->array;
    }
    child_schemas_.clear();
    child_arrays_.clear();
    for (const auto& child : children_) {
      child_schemas_.push_back(&child->schema);
      child_arrays_.push_back(&child->array);
    }
    schema.n_children = array.n_children = static_cast<int64_t>(children_.size());
    schema.children = child_schemas_.data();
    array.children = child_arrays_.data();
  }

  std::vector<const void*>& pointers() { return pointers_; }

 private:
  std::string format_;
  std::vector<std::unique_ptr<uint8_t[]>> memory_;
  std::vector<const void*> pointers_;
  std::unique_ptr<ArrowColumn> dictionary_;
  std::vector<std::unique_ptr<ArrowColumn>> children_;
  std::vector<ArrowSchema*> child_schemas_;
  std::vector<ArrowArray*> child_arrays_;
};

template <class T>
std::vector<bool> presence_of(const std::vector<std::optional<T>>& rows) {
  std::vector<bool> bits;
  for (const auto& row : rows) bits.push_back(row.has_value());
  return bits;
}

/// Fixed-width values; missing and junk rows hold `junk`.
template <class T>
std::unique_ptr<ArrowColumn> number_column(const char* format,
                                           const std::vector<std::optional<T>>& rows,
                                           uint64_t offset, T junk, uint64_t shift = 0) {
  auto column = std::make_unique<ArrowColumn>(format, rows.size(), offset);
  column->add_bits(presence_of(rows), offset);
  std::vector<T> values(offset, junk);
  for (const auto& row : rows) values.push_back(row.value_or(junk));
  column->add_values(values, shift);
  column->seal();
  return column;
}

inline std::unique_ptr<ArrowColumn> bool_column(const std::vector<std::optional<bool>>& rows,
                                                uint64_t offset) {
  auto column = std::make_unique<ArrowColumn>("b", rows.size(), offset);
  column->add_bits(presence_of(rows), offset);
  std::vector<bool> values;
  for (const auto& row : rows) values.push_back(row.value_or(true));
  column->add_bits(values, offset);
  column->seal();
  return column;
}

using Strings = std::vector<std::optional<std::string>>;

/// utf8 ("u", int32_t) or large_utf8 ("U", int64_t); missing rows hold bytes too.
template <class Offset>
std::unique_ptr<ArrowColumn> offset_strings(const char* format, const Strings& rows,
                                            uint64_t offset) {
  auto column = std::make_unique<ArrowColumn>(format, rows.size(), offset);
  column->add_bits(presence_of(rows), offset);
  std::string bytes;
  std::vector<Offset> offsets{0};
  for (uint64_t i = 0; i < offset + rows.size(); ++i) {
    bytes += i < offset ? "junk" : rows[i - offset].value_or("hidden");
    offsets.push_back(static_cast<Offset>(bytes.size()));
  }
  column->add_values(offsets);
  column->add_values(std::vector<char>(bytes.begin(), bytes.end()));
  column->seal();
  return column;
}

/// utf8_view with two data buffers in turn; missing rows hold views that point nowhere.
inline std::unique_ptr<ArrowColumn> view_strings(const Strings& rows, uint64_t offset) {
  auto column = std::make_unique<ArrowColumn>("vu", rows.size(), offset);
  column->add_bits(presence_of(rows), offset);
  std::vector<char> bytes[2];
  std::vector<uint8_t> views((offset + rows.size()) * 16, 0xFF);
  for (uint64_t i = offset; i < offset + rows.size(); ++i) {
    const auto& row = rows[i - offset];
    if (!row) continue;
    const int32_t length = static_cast<int32_t>(row->size());
    uint8_t* view = views.data() + i * 16;
    std::memset(view, 0, 16);
    std::memcpy(view, &length, 4);
    std::memcpy(view + 4, row->data(), std::min<size_t>(row->size(), length <= 12 ? 12 : 4));
    if (length > 12) {
      const int32_t buffer = static_cast<int32_t>(i & 1);
      const int32_t start = static_cast<int32_t>(bytes[buffer].size());
      std::memcpy(view + 8, &buffer, 4);
      std::memcpy(view + 12, &start, 4);
      bytes[buffer].insert(bytes[buffer].end(), row->begin(), row->end());
    }
  }
  column->add_values(views);
  column->add_values(bytes[0]);
  column->add_values(bytes[1]);
  column->add_values(std::vector<int64_t>{static_cast<int64_t>(bytes[0].size()),
                                          static_cast<int64_t>(bytes[1].size())});
  column->seal();
  return column;
}

/// Indices into `dictionary`; missing and junk rows hold an index far outside.
template <class Index>
std::unique_ptr<ArrowColumn> index_column(const char* format,
                                          const std::vector<std::optional<Index>>& rows,
                                          uint64_t offset,
                                          std::unique_ptr<ArrowColumn> dictionary) {
  auto column = number_column<Index>(format, rows, offset, static_cast<Index>(-1));
  column->set_dictionary(std::move(dictionary));
  column->seal();
  return column;
}

}  // namespace mainspring
