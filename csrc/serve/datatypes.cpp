// Names of datatypes, and the kinds of columns that each can feed.
#include "serve/datatypes.hpp"

#include <array>
#include <utility>

namespace mainspring {
namespace {

constexpr std::array<std::pair<std::string_view, Datatype>, 14> kDatatypes{{
    {"BOOL", Datatype::kBool},
    {"INT8", Datatype::kInt8},
    {"INT16", Datatype::kInt16},
    {"INT32", Datatype::kInt32},
    {"INT64", Datatype::kInt64},
    {"UINT8", Datatype::kUint8},
    {"UINT16", Datatype::kUint16},
    {"UINT32", Datatype::kUint32},
    {"UINT64", Datatype::kUint64},
    {"FP32", Datatype::kFp32},
    {"FP64", Datatype::kFp64},
    {"BYTES", Datatype::kBytes},
    {"FP16", Datatype::kFp16},
    {"BF16", Datatype::kBf16},
}};

}  // namespace

std::optional<Datatype> datatype_of(std::string_view name) {
  for (const auto& [known, datatype] : kDatatypes) {
    if (known == name) return datatype;
  }
  return std::nullopt;
}

bool takes(const Field& field, Datatype datatype) {
  const bool is_integer = datatype >= Datatype::kInt8 && datatype <= Datatype::kUint64;
  switch (field.kind) {
    case FieldKind::kNumber:
    case FieldKind::kInteger: return datatype != Datatype::kBytes || field.takes_number_text;
    case FieldKind::kText:
    case FieldKind::kBinary: return datatype == Datatype::kBytes;
    case FieldKind::kTime: return is_integer || datatype == Datatype::kBytes;
  }
  return false;
}

const char* datatypes_of(const Field& field) {
  switch (field.kind) {
    case FieldKind::kNumber:
    case FieldKind::kInteger:
      return field.takes_number_text ? "BOOL, INT*, UINT*, FP* or BYTES"
                                     : "BOOL, INT*, UINT* or FP*";
    case FieldKind::kText:
    case FieldKind::kBinary: return "BYTES";
    case FieldKind::kTime: return "INT*, UINT* or BYTES";
  }
  return "";
}

}  // namespace mainspring
