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
  kFixedBinary = 24,  // `width` bytes a row
  kDecimal32 = 25,    // digits / 10^scale; digits are a signed integer of that many bits
  kDecimal64 = 26,
  kDecimal128 = 27,
  kDecimal256 = 28,
  // Below: never what a plan was fitted with, which is the type of the values or elements.
  kList = 29,       // 32-bit offsets into *child
  kLargeList = 30,  // 64-bit offsets
  kListView = 31,   // 32-bit offsets, and `sizes`
  kLargeListView = 32,
  kFixedList = 33,  // `width` elements a row
  kRunEnds = 34,    // `values` are the ends of runs, of type index_type; *child has a row for each
};
inline constexpr ColumnType kLastFittedType = ColumnType::kDecimal256;

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
  kFloatList = 5,  // lists of what the first three read, as they read it
  kIntegerList = 6,
  kBytesList = 7,
};

constexpr bool is_list(InputKind kind) { return kind >= InputKind::kFloatList; }

/// What the elements of a list are read as; of other kinds, the kind itself.
constexpr InputKind element_kind(InputKind kind) {
  switch (kind) {
    case InputKind::kFloatList: return InputKind::kFloat;
    case InputKind::kIntegerList: return InputKind::kInteger;
    case InputKind::kBytesList: return InputKind::kBytes;
    default: return kind;
  }
}

struct ColumnView {
  ColumnType type;
  ColumnType index_type;    // of a dictionary: any integer type; of run ends: i16, i32 or i64
  TimeUnit unit;            // of dates and timestamps
  int32_t scale;            // of decimals
  uint32_t width;           // of fixed-size binary (bytes) and lists (elements), decimals (digits)
  const char* time_zone;    // of timestamps, "" for none; points into the schema
  uint64_t length;          // rows
  uint64_t offset;          // rows before the first, in every buffer
  const uint8_t* validity;  // bitmap from `offset` on, or null: all valid
  const void* values;       // numbers, bits, offsets, views, dictionary indices, or ends of runs
  const uint8_t* bytes;     // string bytes
  const void* sizes;        // of list views
  const uint8_t* const* view_buffers;  // of utf8_view; [num_view_buffers] points to their sizes
                                       // (int64), as the C data interface lays them out
  uint32_t num_view_buffers;
  const ColumnView* dictionary;  // of a dictionary: its entries
  const ColumnView* child;       // elements of lists, values of runs
};

/// Rooms for the views behind one column: a list or runs, of a dictionary, of values.
inline constexpr uint32_t kNestedViews = 2;

/// Reads `schema` and `array` (a child of the struct array of a batch) into *view; nested[0 to
/// kNestedViews) are rooms for what it points to and must outlive *view. kUnsupportedType for a
/// type that is not listed above, or lists of anything but plain values and dictionaries of them;
/// kCorrupt for buffers that are missing or negative lengths. Costs no look at the values.
Status view_column(const ArrowSchema& schema, const ArrowArray& array, ColumnView* view,
                   ColumnView* nested) noexcept;

/// The column whose buffers hold the values: behind runs and dictionaries. A list is its own.
const ColumnView& leaf_of(const ColumnView& view) noexcept;

/// Whether `row` (before the column's offset) is null by a validity bit: its own, or that of its
/// dictionary entry or run. NaN is not null. For single rows: it searches runs anew each time.
bool is_null(const ColumnView& view, uint64_t row) noexcept;

constexpr bool is_list(ColumnType type) {
  return type >= ColumnType::kList && type <= ColumnType::kFixedList;
}
constexpr bool is_decimal(ColumnType type) {
  return type >= ColumnType::kDecimal32 && type <= ColumnType::kDecimal256;
}

/// Every value of a string offset, view or dictionary index is inside its buffer. One pass over the
/// structure, called once for each chunk of data from outside before anything is decoded. The index
/// says the first bad row (or the first bad entry, element or run, when those are bad). What
/// missing rows hold is never looked at, except for offsets of strings and lists, which must ascend
/// throughout.
Status verify_column(const ColumnView& view) noexcept;

/// Whether a column of this type can feed an input of this kind (widening is fine, a change of kind
/// is not).
bool feeds(const ColumnView& view, InputKind kind) noexcept;

/// The name users know: "int64", "dictionary<string>", "list<string>", "decimal128(10, 2)",
/// "timestamp[us, Europe/Paris]".
/// Writes at most `capacity` bytes with a closing zero.
void describe_type(const ColumnView& view, char* out, uint32_t capacity) noexcept;

}  // namespace mainspring
