// One chunk of one column, as typed pointers into memory that somebody else owns: the only form in
// which data enters. Made from the Arrow C data interface, from C buffers (edge/) or from one
// Python row.
#pragma once
#include <cstdint>

#include "runtime/arrow/c_data.h"
#include "runtime/core/status.hpp"

namespace mainspring {

/// Physical type of a column. The values are part of the C ABI and never change.
enum class ColumnType : uint8_t {
  kBool = 1,
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
  kUtf8 = 12,       // 32-bit offsets
  kLargeUtf8 = 13,  // 64-bit offsets
  kUtf8View = 14,
  kDate32 = 15,  // days
  kDate64 = 16,  // milliseconds
  kTimestamp = 17,
  kDictionary = 18,  // `values` are indices of type index_type into *dictionary
  kNull = 19,        // no buffers: every row is missing, whatever kind is asked for
  kF16 = 20,         // IEEE half precision
  kBinary = 21,      // any bytes, laid out as the three kinds of strings are
  kLargeBinary = 22,
  kBinaryView = 23,
};

enum class TimeUnit : uint8_t {
  kNone = 0,
  kSecond = 1,
  kMilli = 2,
  kMicro = 3,
  kNano = 4,
  kDay = 5
};

/// What a plan needs from a column: the type of tile it is decoded to. Stored in bundles, never
/// changes.
enum class InputKind : uint8_t {
  kFloat = 1,      // f64 tile: float columns, and any number where a float is wanted
  kInteger = 2,    // i64 tile: integers, bool, dates and timestamps as plain numbers
  kBytes = 3,      // bytes tile: strings, binary, and dictionaries of them
  kTimestamp = 4,  // i64 tile in a stated unit since 1970-01-01T00:00 UTC (or local, when the
                   // column has no zone)
};

struct ColumnView {
  ColumnType type;
  ColumnType index_type;    // of a dictionary: any integer type
  TimeUnit unit;            // of dates and timestamps
  const char* time_zone;    // of timestamps, "" for none; points into the schema
  uint64_t length;          // rows
  uint64_t offset;          // rows before the first, in every buffer
  const uint8_t* validity;  // bitmap from `offset` on, or null: all valid
  const void* values;       // numbers, bits, offsets of strings, views, or dictionary indices
  const uint8_t* bytes;     // string bytes
  const uint8_t* const* view_buffers;  // of utf8_view; [num_view_buffers] points to their sizes
                                       // (int64), as the C data interface lays them out
  uint32_t num_view_buffers;
  const ColumnView* dictionary;
};

/// Reads `schema` and `array` (a child of the struct array of a batch) into *view; *dictionary is
/// the room for the dictionary's own view and must outlive *view. kUnsupportedType for a type that
/// is not listed above; kCorrupt for buffers that are missing or negative lengths. Costs no look at
/// the values.
Status view_column(const ArrowSchema& schema, const ArrowArray& array, ColumnView* view,
                   ColumnView* dictionary) noexcept;

/// Every value of a string offset, view or dictionary index is inside its buffer. One pass over the
/// structure, called once for each chunk of data from outside before anything is decoded. The index
/// says the first bad row (or the first bad entry, when the dictionary itself is bad). What missing
/// rows hold is never looked at, except for string offsets, which must ascend throughout.
Status verify_column(const ColumnView& view) noexcept;

/// Whether a column of this type can feed an input of this kind (widening is fine, a change of kind
/// is not).
bool feeds(const ColumnView& view, InputKind kind) noexcept;

/// The name users know: "int64", "string", "dictionary<string>", "timestamp[us, Europe/Paris]".
/// Writes at most `capacity` bytes with a closing zero.
void describe_type(const ColumnView& view, char* out, uint32_t capacity) noexcept;

}  // namespace mainspring
