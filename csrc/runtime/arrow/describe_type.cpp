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

void append_type(const ColumnView& view, TextSink* sink) noexcept {
  sink->append(name_of(view.type));
  if (view.type != ColumnType::kTimestamp) return;
  sink->append("[");
  sink->append(name_of(view.unit));
  if (view.time_zone != nullptr && view.time_zone[0] != 0) {
    sink->append(", ");
    sink->append(view.time_zone);
  }
  sink->append("]");
}

}  // namespace

void describe_type(const ColumnView& view, char* out, uint32_t capacity) noexcept {
  if (capacity == 0) return;
  TextSink sink{out, capacity, 0};
  append_type(view, &sink);
  if (view.type == ColumnType::kDictionary) {
    sink.append("<");
    append_type(*view.dictionary, &sink);
    sink.append(">");
  }
}

}  // namespace mainspring
