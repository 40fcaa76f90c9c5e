// A column in device memory and how one row of it is read: Arrow's layouts, decoded as the CPU's
// tiles are.
#pragma once
#include "runtime/core/integral.hpp"
#include "shared_forms.hpp"

namespace mainspring::gpu {

/// ColumnType of csrc/runtime/arrow, whose numbers never change; only what a kernel reads.
enum class DeviceType : uint8_t {
  kNone = 0,
  kBool = 1,  // bits
  kI8 = 2,
  kI16 = 3,
  kI32 = 4,
  kI64 = 5,
  kU8 = 6,
  kU16 = 7,
  kU32 = 8,
  kU64 = 9,
  kF32 = 10,
  kF64 = 11,
  kUtf8 = 12,  // 32-bit offsets
  kLargeUtf8 = 13,
  kDate32 = 15,
  kDate64 = 16,
  kTimestamp = 17,
  kBinary = 21,
  kLargeBinary = 22,
};

/// Of a dictionary, `indices` point into the entries, which all other fields describe.
struct DeviceColumn {
  const void* values;       // numbers, bits, or offsets
  const uint8_t* validity;  // bitmap; null: all valid
  const uint8_t* bytes;     // of strings
  uint64_t offset;          // rows, or entries, before the first in every buffer
  uint64_t num_entries;     // of a dictionary
  const void* indices;      // null: no dictionary
  const uint8_t* index_validity;
  uint64_t index_offset;
  DeviceType type;
  DeviceType index_type;
  TimeUnit unit;  // of dates and timestamps
};

template <class T>
MAINSPRING_BOTH inline T value_at(const void* values, uint64_t row) {
  return static_cast<const T*>(values)[row];
}

MAINSPRING_BOTH inline bool bit_at(const void* bits, uint64_t row) {
  return (static_cast<const uint8_t*>(bits)[row >> 3] >> (row & 7)) & 1;
}

/// An integer of any type, as its bits in 64: of a dictionary's index, or of a value.
MAINSPRING_BOTH inline int64_t integer_bits(DeviceType type, const void* values, uint64_t row) {
  switch (type) {
    case DeviceType::kBool: return bit_at(values, row) ? 1 : 0;
    case DeviceType::kI8: return value_at<int8_t>(values, row);
    case DeviceType::kI16: return value_at<int16_t>(values, row);
    case DeviceType::kI32:
    case DeviceType::kDate32: return value_at<int32_t>(values, row);
    case DeviceType::kU8: return value_at<uint8_t>(values, row);
    case DeviceType::kU16: return value_at<uint16_t>(values, row);
    case DeviceType::kU32: return value_at<uint32_t>(values, row);
    default: return value_at<int64_t>(values, row);
  }
}

/// The place of a row in the buffers; false where it is missing. An index outside of its dictionary
/// is never followed: such a row is missing too.
MAINSPRING_BOTH inline bool find_row(const DeviceColumn& column, uint64_t row, uint64_t* place) {
  *place = column.offset + row;
  if (column.indices != nullptr) {
    const uint64_t index_row = column.index_offset + row;
    if (column.index_validity != nullptr && !bit_at(column.index_validity, index_row)) return false;
    const auto entry =
        static_cast<uint64_t>(integer_bits(column.index_type, column.indices, index_row));
    if (entry >= column.num_entries) return false;
    *place = column.offset + entry;
  }
  return column.validity == nullptr || bit_at(column.validity, *place);
}

/// NaN where missing, always the canonical one.
MAINSPRING_BOTH inline double read_number(const DeviceColumn& column, uint64_t row) {
  uint64_t at;
  if (!find_row(column, row, &at)) return kQuietNan;
  switch (column.type) {
    case DeviceType::kU64: return static_cast<double>(value_at<uint64_t>(column.values, at));
    case DeviceType::kF32: return canonical_nan(value_at<float>(column.values, at));
    case DeviceType::kF64: return canonical_nan(value_at<double>(column.values, at));
    default: return static_cast<double>(integer_bits(column.type, column.values, at));
  }
}

/// False, and 0, where missing.
MAINSPRING_BOTH inline bool read_integer(const DeviceColumn& column, uint64_t row, int64_t* value) {
  uint64_t at;
  *value = 0;
  if (!find_row(column, row, &at)) return false;
  double real;
  switch (column.type) {
    case DeviceType::kU64: *value = integer_of(value_at<uint64_t>(column.values, at)); return true;
    case DeviceType::kF32: real = value_at<float>(column.values, at); break;
    case DeviceType::kF64: real = value_at<double>(column.values, at); break;
    default: *value = integer_bits(column.type, column.values, at); return true;
  }
  if (real != real) return false;
  *value = integer_of(real);
  return true;
}

struct DeviceText {
  const uint8_t* data;
  uint64_t length;
};

/// False, and no bytes, where missing. Offsets that descend stand for no bytes.
MAINSPRING_BOTH inline bool read_text(const DeviceColumn& column, uint64_t row, DeviceText* text) {
  uint64_t at;
  *text = {column.bytes, 0};
  if (!find_row(column, row, &at)) return false;
  const bool large =
      column.type == DeviceType::kLargeUtf8 || column.type == DeviceType::kLargeBinary;
  const int64_t begin =
      large ? value_at<int64_t>(column.values, at) : int64_t{value_at<int32_t>(column.values, at)};
  const int64_t end = large ? value_at<int64_t>(column.values, at + 1)
                            : int64_t{value_at<int32_t>(column.values, at + 1)};
  if (end > begin) *text = {column.bytes + begin, static_cast<uint64_t>(end - begin)};
  return true;
}

}  // namespace mainspring::gpu
