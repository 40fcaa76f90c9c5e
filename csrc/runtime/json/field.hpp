// What JSON values become: one field for each column that is wanted, and the memory of one tile of
// it. This layer knows nothing of plans; csrc/host makes fields from them.
#pragma once
#include <cstdint>

#include "runtime/json/cursor.hpp"

namespace mainspring {

enum class FieldKind : uint8_t {
  kNumber,   // float64
  kInteger,  // int64; a number that is none becomes kNotAnInteger (core/integral.hpp)
  kText,
  kBinary,  // base64
  kTime,    // int64 ticks since 1970: RFC 3339 text, or an integer
};

struct Field {
  const char* name;
  uint32_t name_length;
  FieldKind kind;
  bool takes_bool;         // true and false count as 1 and 0
  bool takes_number_text;  // "1.50" counts as 1.50: decimals
  bool is_plain;           // the name is written in JSON as it is
  uint32_t next_same;      // the next field of the same name, or kNoField
  int64_t ticks_per_day;   // of kTime: 1 for days
  bool is_list = false;    // a list of values of this kind
};

/// A text of at most 12 bytes in place, or where a longer one lies: Arrow's string view.
struct TextView {
  uint32_t length;
  uint8_t prefix[4];
  uint32_t buffer;
  uint32_t offset;
};
static_assert(sizeof(TextView) == 16);

inline constexpr uint32_t kInlineText = 12;

/// Room for the elements of all lists of one tile, by the caller: as many as the text can have once
/// for each field of a name, of which each takes two bytes of it. `validity` is cleared before.
struct ElementRoom {
  void* values;  // double and int64_t, or TextView
  uint64_t* validity;
  uint64_t used;
};

/// Room for the values of one tile, by the caller. `validity` has a bit for each row, cleared
/// before a tile is read; a missing value is 0, NaN or an empty text. Of lists `values` are where
/// they begin among `elements`, which several fields share, and `sizes` how long they are.
struct FieldColumn {
  void* values;  // double, int64_t or TextView; of lists int64_t
  uint64_t* validity;
  int64_t* sizes = nullptr;
  ElementRoom* elements = nullptr;
};

/// Where texts lie that are not written in JSON as they are; fresh for each tile. Texts of buffer 0
/// lie in the JSON itself, of buffer 1 here.
struct TextArena {
  uint8_t* data;
  uint64_t used;
};

/// What a tensor's stated type asks of its values, beyond the field's kind.
enum class Datatype : uint8_t {
  kAny,
  kBool,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kFp32,
  kFp64,
  kBytes,
  kFp16,  // of binary tensors alone
  kBf16,
};

/// Reads the value or list at the cursor into row `row` of a field's column. After a failure the
/// error lacks the field and the row, which the caller knows.
bool read_value(JsonCursor* cursor, const Field& field, Datatype datatype,
                const FieldColumn& column, uint32_t row, TextArena* arena) noexcept;

/// "a number or null" and the like, for messages.
const char* expected_of(const Field& field) noexcept;

}  // namespace mainspring
