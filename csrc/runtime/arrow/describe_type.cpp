// Names of column types as users know them, for error messages and listings.
#include "runtime/arrow/column_view.hpp"

namespace mainspring {

namespace {

struct TextSink {
  char* out;
  uint32_t capacity;
  uint32_t length;

  void append(const char* text) noexcept {
    for (; *text != 0 && length + 1 < capacity; ++text) out[length++] = *text;
    out[length] = 0;
  }
};

const char* name_of(ColumnType type) noexcept {
  switch (type) {
    case ColumnType::kBool: return "bool";
    case ColumnType::kI8: return "int8";
    case ColumnType::kI16: return "int16";
    case ColumnType::kI32: return "int32";
    case ColumnType::kI64: return "int64";
    case ColumnType::kU8: return "uint8";
    case ColumnType::kU16: return "uint16";
    case ColumnType::kU32: return "uint32";
    case ColumnType::kU64: return "uint64";
    case ColumnType::kF16: return "float16";
    case ColumnType::kF32: return "float32";
    case ColumnType::kF64: return "float64";
    case ColumnType::kUtf8: return "string";
    case ColumnType::kLargeUtf8: return "large_string";
    case ColumnType::kUtf8View: return "string_view";
    case ColumnType::kBinary: return "binary";
    case ColumnType::kLargeBinary: return "large_binary";
    case ColumnType::kBinaryView: return "binary_view";
    case ColumnType::kDate32: return "date32";
    case ColumnType::kDate64: return "date64";
    case ColumnType::kTimestamp: return "timestamp";
    case ColumnType::kDictionary: return "dictionary";
    case ColumnType::kNull: return "null";
    case ColumnType::kFixedBinary: return "fixed_size_binary";
    case ColumnType::kDecimal32: return "decimal32";
    case ColumnType::kDecimal64: return "decimal64";
    case ColumnType::kDecimal128: return "decimal128";
    case ColumnType::kDecimal256: return "decimal256";
    case ColumnType::kList: return "list";
    case ColumnType::kLargeList: return "large_list";
    case ColumnType::kListView: return "list_view";
    case ColumnType::kLargeListView: return "large_list_view";
    case ColumnType::kFixedList: return "fixed_size_list";
    case ColumnType::kRunEnds: return "run_end_encoded";
  }
  return "unknown";
}

const char* name_of(TimeUnit unit) noexcept {
  switch (unit) {
    case TimeUnit::kSecond: return "s";
    case TimeUnit::kMilli: return "ms";
    case TimeUnit::kMicro: return "us";
    case TimeUnit::kNano: return "ns";
    case TimeUnit::kDay: return "d";
    default: return "";
  }
}

void append_number(int64_t number, TextSink* sink) noexcept {
  char digits[24];
  char* at = digits + sizeof(digits) - 1;
  *at = 0;
  uint64_t rest = static_cast<uint64_t>(number < 0 ? -number : number);
  do {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (number < 0) *--at = '-';
  sink->append(at);
}

void append_type(const ColumnView& view, TextSink* sink) noexcept {
  sink->append(name_of(view.type));
  if (view.type == ColumnType::kTimestamp) {
    sink->append("[");
    sink->append(name_of(view.unit));
    if (view.time_zone != nullptr && view.time_zone[0] != 0) {
      sink->append(", ");
      sink->append(view.time_zone);
    }
    sink->append("]");
  } else if (is_decimal(view.type) && view.width != 0) {
    sink->append("(");
    append_number(view.width, sink);
    sink->append(", ");
    append_number(view.scale, sink);
    sink->append(")");
  } else if (view.width != 0) {
    sink->append("[");
    append_number(view.width, sink);
    sink->append("]");
  }
}

}  // namespace

void describe_type(const ColumnView& view, char* out, uint32_t capacity) noexcept {
  if (capacity == 0) return;
  TextSink sink{out, capacity, 0};
  uint32_t open = 0;
  const ColumnView* at = &view;
  for (;; ++open) {
    append_type(*at, &sink);
    const bool is_dictionary = at->type == ColumnType::kDictionary;
    const ColumnView* behind = is_dictionary ? at->dictionary : at->child;
    if (behind == nullptr) break;
    sink.append("<");
    at = behind;
  }
  for (; open > 0; --open) sink.append(">");
}

}  // namespace mainspring
