// Types by the numbers of Arrow's Schema.fbs.
#include "host/ipc_schema.hpp"

#include <array>

#include "host/error.hpp"

namespace mainspring {
namespace {

// Deeper or larger schemas belong to nobody's table; a small buffer could name the same field
// often.
constexpr uint32_t kMaxDepth = 16;
constexpr uint32_t kMaxFields = 100'000;

enum class Type : uint8_t {
  kNull = 1,
  kInt = 2,
  kFloat = 3,
  kBinary = 4,
  kUtf8 = 5,
  kBool = 6,
  kDecimal = 7,
  kDate = 8,
  kTime = 9,
  kTimestamp = 10,
  kInterval = 11,
  kList = 12,
  kStruct = 13,
  kUnion = 14,
  kFixedBinary = 15,
  kFixedList = 16,
  kMap = 17,
  kDuration = 18,
  kLargeBinary = 19,
  kLargeUtf8 = 20,
  kLargeList = 21,
  kRunEnds = 22,
  kBinaryView = 23,
  kUtf8View = 24,
  kListView = 25,
  kLargeListView = 26,
};

void set(IpcField* field, IpcLayout layout, std::string format, uint32_t bits = 0,
         uint32_t offset_bytes = 0) {
  field->layout = layout;
  field->format = std::move(format);
  field->bits = bits;
  field->offset_bytes = offset_bytes;
}

char unit_letter(int16_t unit) {
  constexpr std::array<char, 4> kUnits{'s', 'm', 'u', 'n'};
  if (unit < 0 || unit > 3) throw BadFlatBuffer{};
  return kUnits[static_cast<size_t>(unit)];
}

void set_integer(const FlatTable& type, IpcField* field) {
  const auto bits = type.scalar<int32_t>(0, 0);
  const bool is_signed = type.scalar<uint8_t>(1, 0) != 0;
  const char* format = nullptr;
  switch (bits) {
    case 8: format = is_signed ? "c" : "C"; break;
    case 16: format = is_signed ? "s" : "S"; break;
    case 32: format = is_signed ? "i" : "I"; break;
    case 64: format = is_signed ? "l" : "L"; break;
    default: throw BadFlatBuffer{};
  }
  set(field, IpcLayout::kFixed, format, static_cast<uint32_t>(bits));
}

void set_float(const FlatTable& type, IpcField* field) {
  switch (type.scalar<int16_t>(0, 0)) {
    case 0: set(field, IpcLayout::kFixed, "e", 16); break;
    case 1: set(field, IpcLayout::kFixed, "f", 32); break;
    case 2: set(field, IpcLayout::kFixed, "g", 64); break;
    default: throw BadFlatBuffer{};
  }
}

void set_decimal(const FlatTable& type, IpcField* field) {
  const auto bits = type.scalar<int32_t>(2, 128);
  if (bits != 32 && bits != 64 && bits != 128 && bits != 256) throw BadFlatBuffer{};
  std::string format = "d:" + std::to_string(type.scalar<int32_t>(0, 0)) + "," +
                       std::to_string(type.scalar<int32_t>(1, 0));
  if (bits != 128) format += "," + std::to_string(bits);
  set(field, IpcLayout::kFixed, std::move(format), static_cast<uint32_t>(bits));
}

void set_time(Type kind, const FlatTable& type, IpcField* field) {
  switch (kind) {
    case Type::kDate:
      if (type.scalar<int16_t>(0, 1) == 0) return set(field, IpcLayout::kFixed, "tdD", 32);
      return set(field, IpcLayout::kFixed, "tdm", 64);
    case Type::kTime: {
      const auto bits = type.scalar<int32_t>(1, 32);
      if (bits != 32 && bits != 64) throw BadFlatBuffer{};
      return set(field, IpcLayout::kFixed,
                 std::string("tt") + unit_letter(type.scalar<int16_t>(0, 1)),
                 static_cast<uint32_t>(bits));
    }
    case Type::kTimestamp:
      return set(field, IpcLayout::kFixed,
                 std::string("ts") + unit_letter(type.scalar<int16_t>(0, 0)) + ":" +
                     std::string(type.text(1)),
                 64);
    case Type::kDuration:
      return set(field, IpcLayout::kFixed,
                 std::string("tD") + unit_letter(type.scalar<int16_t>(0, 1)), 64);
    default: break;
  }
  switch (type.scalar<int16_t>(0, 0)) {  // intervals
    case 0: return set(field, IpcLayout::kFixed, "tiM", 32);
    case 1: return set(field, IpcLayout::kFixed, "tiD", 64);
    default: return set(field, IpcLayout::kFixed, "tin", 128);
  }
}

uint32_t count_of(const FlatTable& type) {
  const auto count = type.scalar<int32_t>(0, 0);
  if (count < 0) throw BadFlatBuffer{};
  return static_cast<uint32_t>(count);
}

void set_union(const FlatTable& type, IpcField* field) {
  field->is_dense = type.scalar<int16_t>(0, 0) == 1;
  set(field, IpcLayout::kUnion, field->is_dense ? "+ud:" : "+us:");
}

void set_type(Type kind, const FlatTable& type, IpcField* field) {
  switch (kind) {
    case Type::kNull: return set(field, IpcLayout::kNone, "n");
    case Type::kInt: return set_integer(type, field);
    case Type::kFloat: return set_float(type, field);
    case Type::kBinary: return set(field, IpcLayout::kText, "z", 0, 4);
    case Type::kUtf8: return set(field, IpcLayout::kText, "u", 0, 4);
    case Type::kBool: return set(field, IpcLayout::kFixed, "b", 1);
    case Type::kDecimal: return set_decimal(type, field);
    case Type::kDate:
    case Type::kTime:
    case Type::kTimestamp:
    case Type::kInterval:
    case Type::kDuration: return set_time(kind, type, field);
    case Type::kList: return set(field, IpcLayout::kList, "+l", 0, 4);
    case Type::kMap: return set(field, IpcLayout::kList, "+m", 0, 4);
    case Type::kStruct: return set(field, IpcLayout::kInside, "+s");
    case Type::kUnion: return set_union(type, field);
    case Type::kFixedBinary:
      return set(field, IpcLayout::kFixed, "w:" + std::to_string(count_of(type)),
                 count_of(type) * 8);
    case Type::kFixedList:
      set(field, IpcLayout::kInside, "+w:" + std::to_string(count_of(type)));
      field->list_size = count_of(type);
      return;
    case Type::kLargeBinary: return set(field, IpcLayout::kText, "Z", 0, 8);
    case Type::kLargeUtf8: return set(field, IpcLayout::kText, "U", 0, 8);
    case Type::kLargeList: return set(field, IpcLayout::kList, "+L", 0, 8);
    case Type::kRunEnds: return set(field, IpcLayout::kRuns, "+r");
    case Type::kBinaryView: return set(field, IpcLayout::kViews, "vz");
    case Type::kUtf8View: return set(field, IpcLayout::kViews, "vu");
    case Type::kListView: return set(field, IpcLayout::kListView, "+vl", 0, 4);
    case Type::kLargeListView: return set(field, IpcLayout::kListView, "+vL", 0, 8);
  }
  throw Error(ErrorKind::kUnsupported, "The Arrow stream has a type that is not known (number " +
                                           std::to_string(static_cast<int>(kind)) + ").");
}

/// How many children a type has; -1: any number.
int32_t num_children(const IpcField& field) {
  switch (field.layout) {
    case IpcLayout::kList:
    case IpcLayout::kListView: return 1;
    case IpcLayout::kRuns: return 2;
    case IpcLayout::kInside: return field.format[1] == 'w' ? 1 : -1;
    case IpcLayout::kUnion: return -1;
    default: return 0;
  }
}

IpcField read_field(const FlatTable& table, uint32_t depth, uint32_t* num_fields) {
  if (depth == kMaxDepth || ++*num_fields > kMaxFields) throw BadFlatBuffer{};
  IpcField field;
  field.name = table.text(0);
  set_type(static_cast<Type>(table.scalar<uint8_t>(2, 0)), table.table(3), &field);
  const FlatVector children = table.vector(5, 4);
  const int32_t wanted = num_children(field);
  if (wanted >= 0 && children.size() != static_cast<uint32_t>(wanted)) throw BadFlatBuffer{};
  for (uint32_t i = 0; i < children.size(); ++i) {
    field.children.push_back(read_field(children.table(i), depth + 1, num_fields));
  }
  if (!table.has(4)) return field;
  const FlatTable encoding = table.table(4);
  IpcField indices;
  indices.name = field.name;
  indices.has_dictionary = true;
  indices.dictionary_id = encoding.scalar<int64_t>(0, 0);
  if (encoding.has(1)) {
    set_integer(encoding.table(1), &indices);
  } else {
    set(&indices, IpcLayout::kFixed, "i", 32);
  }
  indices.dictionary.push_back(std::move(field));
  return indices;
}

}  // namespace

std::vector<IpcField> read_ipc_schema(const FlatTable& schema) {
  if (schema.scalar<int16_t>(0, 0) != 0) {
    throw Error(ErrorKind::kUnsupported,
                "The Arrow stream holds big-endian data; expected little-endian.");
  }
  const FlatVector fields = schema.vector(1, 4);
  std::vector<IpcField> found;
  uint32_t num_fields = 0;
  for (uint32_t i = 0; i < fields.size(); ++i) {
    found.push_back(read_field(fields.table(i), 0, &num_fields));
  }
  return found;
}

}  // namespace mainspring
