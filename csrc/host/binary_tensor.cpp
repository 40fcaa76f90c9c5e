// Values at any address, one after another, by the rules that JSON of the same datatype has.
#include "host/binary_tensor.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "host/error.hpp"
#include "runtime/arrow/half.hpp"
#include "runtime/core/integral.hpp"
#include "runtime/core/utf8.hpp"

namespace mainspring {
namespace {

template <class T>
T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

void set_valid(const FieldColumn& column, uint32_t row) {
  column.validity[row >> 6] |= uint64_t{1} << (row & 63);
}

template <class T>
void store(const FieldColumn& column, uint32_t row, T value) {
  static_cast<T*>(column.values)[row] = value;
  set_valid(column, row);
}

bool is_text(const Field& field) {
  return field.kind == FieldKind::kText || field.kind == FieldKind::kBinary;
}

void store_missing(const Field& field, const FieldColumn& column, uint32_t row) {
  if (field.kind == FieldKind::kNumber) {
    static_cast<double*>(column.values)[row] = __builtin_nan("");
  } else if (is_text(field)) {
    static_cast<TextView*>(column.values)[row] = {};
  } else {
    static_cast<int64_t*>(column.values)[row] = 0;
  }
}

bool is_float(Datatype datatype) {
  return datatype == Datatype::kFp16 || datatype == Datatype::kBf16 ||
         datatype == Datatype::kFp32 || datatype == Datatype::kFp64;
}

double load_float(Datatype datatype, const uint8_t* at) {
  switch (datatype) {
    case Datatype::kFp16: return static_cast<double>(Half{load<uint16_t>(at)});
    case Datatype::kBf16: return std::bit_cast<float>(uint32_t{load<uint16_t>(at)} << 16);
    case Datatype::kFp32: return load<float>(at);
    default: return load<double>(at);
  }
}

int64_t load_integer(Datatype datatype, const uint8_t* at) {
  switch (datatype) {
    case Datatype::kInt8: return load<int8_t>(at);
    case Datatype::kInt16: return load<int16_t>(at);
    case Datatype::kInt32: return load<int32_t>(at);
    case Datatype::kBool:
    case Datatype::kUint8: return load<uint8_t>(at);
    case Datatype::kUint16: return load<uint16_t>(at);
    case Datatype::kUint32: return load<uint32_t>(at);
    default: return load<int64_t>(at);
  }
}

}  // namespace

uint32_t value_bytes(Datatype datatype) {
  switch (datatype) {
    case Datatype::kBool:
    case Datatype::kInt8:
    case Datatype::kUint8: return 1;
    case Datatype::kInt16:
    case Datatype::kUint16:
    case Datatype::kFp16:
    case Datatype::kBf16: return 2;
    case Datatype::kInt32:
    case Datatype::kUint32:
    case Datatype::kFp32: return 4;
    case Datatype::kInt64:
    case Datatype::kUint64:
    case Datatype::kFp64: return 8;
    case Datatype::kBytes:
    case Datatype::kAny: break;
  }
  return 0;
}

BinaryTensor::BinaryTensor(std::string name, Datatype datatype, const uint8_t* begin,
                           const uint8_t* end, std::vector<uint64_t> missing)
    : name_(std::move(name)),
      datatype_(datatype),
      at_(begin),
      end_(end),
      missing_(std::move(missing)) {
  std::sort(missing_.begin(), missing_.end());
}

void BinaryTensor::fail(uint64_t row, const std::string& message) const {
  throw Error(ErrorKind::kData,
              "Column '" + name_ + "' " + message + " at row " + std::to_string(row) + ".")
      .column(name_)
      .row(row);
}

void BinaryTensor::check(uint64_t num_values) {
  const auto num_bytes = static_cast<uint64_t>(end_ - at_);
  const uint32_t width = value_bytes(datatype_);
  uint64_t count = 0;
  if (width != 0) {
    // Quotients: the product of the shape may be beyond any integer.
    count = num_bytes % width == 0 ? num_bytes / width : UINT64_MAX;
  } else {
    for (const uint8_t* at = at_; at != end_; ++count) {
      const auto left = static_cast<uint64_t>(end_ - at);
      if (left < 4) fail(count, "has half of a length");
      const uint32_t length = load<uint32_t>(at);
      if (length > left - 4) fail(count, "has a text that is longer than its data");
      at += 4 + length;
    }
  }
  if (count != num_values) {
    throw Error(ErrorKind::kData, "Column '" + name_ + "' has " + std::to_string(num_bytes) +
                                      " bytes of binary data, but its \"shape\" says " +
                                      std::to_string(num_values) + " values.")
        .column(name_);
  }
  if (datatype_ == Datatype::kBool) {
    for (uint64_t row = 0; row < count; ++row) {
      if (at_[row] > 1) fail(row, "has a BOOL that is neither 0 nor 1");
    }
  }
  if (!missing_.empty() && missing_.back() >= num_values) {
    fail(missing_.back(), "is said to miss a value that is behind its last,");
  }
}

void BinaryTensor::read(const Field& field, uint32_t count, const FieldColumn& column,
                        const uint8_t* text) {
  for (uint32_t row = 0; row < count; ++row, ++row_) {
    const uint32_t width = value_bytes(datatype_);
    const uint8_t* const value = at_;
    bool is_missing = false;
    while (next_missing_ < missing_.size() && missing_[next_missing_] == row_) {
      is_missing = true;
      ++next_missing_;
    }
    if (is_missing) {
      store_missing(field, column, row);
    } else if (width != 0) {
      read_number(field, row, column);
    } else {
      read_bytes(field, row, column, text);
    }
    at_ = value + (width != 0 ? width : 4 + load<uint32_t>(value));
  }
}

void BinaryTensor::read_number(const Field& field, uint32_t row, const FieldColumn& column) {
  if (is_float(datatype_)) {
    const double value = load_float(datatype_, at_);
    if (field.kind == FieldKind::kNumber) {
      store(column, row, value);
    } else if (value != value) {
      store_missing(field, column, row);  // an integer column has no other way to say so
    } else {
      store(column, row, integer_of(value));
    }
    return;
  }
  const int64_t value = load_integer(datatype_, at_);
  const bool is_large = datatype_ == Datatype::kUint64 && value < 0;
  if (field.kind == FieldKind::kNumber) {
    store(
        column, row,
        is_large ? static_cast<double>(static_cast<uint64_t>(value)) : static_cast<double>(value));
  } else if (is_large && field.kind == FieldKind::kTime) {
    fail(row_, "has a time beyond int64");
  } else {
    store(column, row, is_large ? integer_of(static_cast<uint64_t>(value)) : value);
  }
}

void BinaryTensor::read_bytes(const Field& field, uint32_t row, const FieldColumn& column,
                              const uint8_t* text) {
  const uint32_t length = load<uint32_t>(at_);
  const uint8_t* const bytes = at_ + 4;
  if (field.kind != FieldKind::kBinary && first_bad_utf8(bytes, length) != length) {
    fail(row_, "has a text that is not UTF-8");
  }
  if (is_text(field)) {
    TextView view{length, {}, 0, 0};
    if (length <= kInlineText) {
      std::memcpy(reinterpret_cast<uint8_t*>(&view) + sizeof(uint32_t), bytes, length);
    } else {
      std::memcpy(view.prefix, bytes, sizeof view.prefix);
      view.offset = static_cast<uint32_t>(bytes - text);
    }
    store(column, row, view);
    return;
  }
  // A time or a decimal as text: what the same JSON string would be.
  std::string quoted(1, '"');
  quoted.append(reinterpret_cast<const char*>(bytes), length);
  quoted.push_back('"');
  const auto* const begin = reinterpret_cast<const uint8_t*>(quoted.data());
  JsonError error;
  JsonCursor cursor{begin, begin, begin + quoted.size(), &error};
  TextArena none{nullptr, 0};
  if (!read_value(&cursor, field, Datatype::kBytes, column, row, &none) ||
      cursor.at != cursor.end) {
    fail(row_, std::string("has a text that is not ") + expected_of(field));
  }
}

}  // namespace mainspring
