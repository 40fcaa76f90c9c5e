// What the values of a column are compared as, and what that is called.
#include "profile/column_profile.hpp"

namespace mainspring {

namespace {

ColumnKind list_of(ColumnKind element) {
  switch (element) {
    case ColumnKind::kNumber: return ColumnKind::kNumberList;
    case ColumnKind::kBoolean: return ColumnKind::kBooleanList;
    case ColumnKind::kText: return ColumnKind::kTextList;
    case ColumnKind::kTimestamp: return ColumnKind::kTimestampList;
    default: return ColumnKind::kUnknownList;
  }
}

}  // namespace

const char* kind_name(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kNumber: return "number";
    case ColumnKind::kBoolean: return "boolean";
    case ColumnKind::kText: return "text";
    case ColumnKind::kTimestamp: return "timestamp";
    case ColumnKind::kUnknown: return "unknown";
    case ColumnKind::kSkipped: return "skipped";
    case ColumnKind::kNumberList:
    case ColumnKind::kBooleanList:
    case ColumnKind::kTextList:
    case ColumnKind::kTimestampList:
    case ColumnKind::kUnknownList: return "list";
  }
  return "unknown";
}

ColumnKind kind_of(const Table::Column& column) {
  if (!column.readable) return ColumnKind::kSkipped;
  if (column.is_list) {
    Table::Column elements = column;
    elements.is_list = false;
    return list_of(kind_of(elements));
  }
  switch (column.type) {
    case ColumnType::kNull: return ColumnKind::kUnknown;
    case ColumnType::kBool: return ColumnKind::kBoolean;
    case ColumnType::kUtf8:
    case ColumnType::kLargeUtf8:
    case ColumnType::kUtf8View:
    case ColumnType::kBinary:
    case ColumnType::kLargeBinary:
    case ColumnType::kBinaryView:
    case ColumnType::kFixedBinary: return ColumnKind::kText;
    case ColumnType::kDate32:
    case ColumnType::kDate64:
    case ColumnType::kTimestamp: return ColumnKind::kTimestamp;
    default: return ColumnKind::kNumber;
  }
}

}  // namespace mainspring
