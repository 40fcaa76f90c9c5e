// Column types against what operators take.
#include "fit/plan/bind_columns.hpp"

#include <optional>

#include "host/error.hpp"

namespace mainspring {

namespace {

enum class Family { kInteger, kFloat, kText, kTime };

Family family_of(const Table::Column& column) {
  switch (column.type) {
    case ColumnType::kF16:
    case ColumnType::kF32:
    case ColumnType::kF64: return Family::kFloat;
    // Without digits behind the point a decimal is an integer, exact where a float is not.
    case ColumnType::kDecimal32:
    case ColumnType::kDecimal64:
    case ColumnType::kDecimal128:
    case ColumnType::kDecimal256: return column.scale > 0 ? Family::kFloat : Family::kInteger;
    case ColumnType::kUtf8:
    case ColumnType::kLargeUtf8:
    case ColumnType::kUtf8View:
    case ColumnType::kBinary:
    case ColumnType::kLargeBinary:
    case ColumnType::kBinaryView:
    case ColumnType::kFixedBinary: return Family::kText;
    case ColumnType::kDate32:
    case ColumnType::kDate64:
    case ColumnType::kTimestamp: return Family::kTime;
    default: return Family::kInteger;
  }
}

InputKind key_kind(Family family) {
  switch (family) {
    case Family::kInteger: return InputKind::kInteger;
    case Family::kFloat: return InputKind::kFloat;
    case Family::kText: return InputKind::kBytes;
    case Family::kTime: return InputKind::kTimestamp;
  }
  return InputKind::kBytes;
}

bool takes_lists_only(InputRule rule) {
  return rule == InputRule::kList || rule == InputRule::kNumberList ||
         rule == InputRule::kNumberOrIdList;
}

std::optional<InputKind> list_kind(InputRule rule, Family family) {
  if (rule == InputRule::kNumberList || rule == InputRule::kNumberOrIdList) {
    const bool number = family == Family::kInteger || family == Family::kFloat;
    return number ? std::optional(InputKind::kFloatList) : std::nullopt;
  }
  if (rule != InputRule::kKeyOrList && rule != InputRule::kList) return std::nullopt;
  switch (family) {
    case Family::kInteger: return InputKind::kIntegerList;
    case Family::kFloat: return InputKind::kFloatList;
    case Family::kText: return InputKind::kBytesList;
    case Family::kTime: break;
  }
  return std::nullopt;
}

std::optional<InputKind> kind_for(InputRule rule, const Table::Column& column) {
  const Family family = family_of(column);
  if (column.is_list) return list_kind(rule, family);
  const bool number = family == Family::kInteger || family == Family::kFloat;
  switch (rule) {
    case InputRule::kNumber:
    case InputRule::kFeature: return number ? std::optional(InputKind::kFloat) : std::nullopt;
    case InputRule::kNumberOrText:
      if (family == Family::kText) return InputKind::kBytes;
      return number ? std::optional(InputKind::kFloat) : std::nullopt;
    case InputRule::kText:
      return family == Family::kText ? std::optional(InputKind::kBytes) : std::nullopt;
    case InputRule::kTimestamp:
      return family == Family::kTime ? std::optional(InputKind::kTimestamp) : std::nullopt;
    case InputRule::kKey:
    case InputRule::kKeyOrList: return key_kind(family);
    case InputRule::kList:
    case InputRule::kNumberList:
    case InputRule::kNumberOrIdList: break;
  }
  return std::nullopt;
}

std::string_view expected_by(InputRule rule) {
  switch (rule) {
    case InputRule::kNumberOrText: return "a number or string";
    case InputRule::kText: return "a string";
    case InputRule::kTimestamp: return "a date or timestamp";
    case InputRule::kKey: return "a single value in each row";
    case InputRule::kKeyOrList: return "a value, or a list of numbers or strings";
    case InputRule::kList: return "a list of numbers or strings";
    case InputRule::kNumberList:
    case InputRule::kNumberOrIdList: return "a list of numbers";
    default: return "a number";
  }
}

std::string fix_for(const Table::Column& column, InputRule rule) {
  const Family family = family_of(column);
  if (column.is_list) {
    if (family == Family::kTime) return "Make a column of its parts.";
    if (rule == InputRule::kNumberOrIdList) return "Put ordinal() or hash() before it.";
    return "Use one_hot(), list_length() or list_pool() on it, or make a column of its parts.";
  }
  if (takes_lists_only(rule)) return "Use it on a column of lists.";
  if (rule == InputRule::kTimestamp) {
    return family == Family::kText
               ? "Use parse_datetime(...) on it first, or cast it to a timestamp."
               : "Cast the column to a timestamp.";
  }
  if (rule == InputRule::kText) return "Leave the operator out, or cast the column to strings.";
  return family == Family::kTime
             ? "Use datetime('hour', ...) on it first."
             : "Use ordinal(), target_mean() or cross() on it, or cast it to a number.";
}

[[noreturn]] void fail_type(const Table::Column& column, InputRule rule, std::string_view op) {
  const std::string expected(expected_by(rule));
  const std::string fix = fix_for(column, rule);
  throw Error(ErrorKind::kSchema, "Column '" + column.name + "' has type " + column.type_name +
                                      ", expected " + expected + " for " + std::string(op) + ". " +
                                      fix)
      .column(column.name)
      .expected(expected)
      .got(column.type_name)
      .hint(fix);
}

/// The operator whose rule decides on how a column is decoded: the first, unless that hands the
/// elements of lists on to one that takes them; of a column alone `reader`. Null: it is a feature
/// as it is.
const Transform* deciding_operator(const Chain& chain, const Transform* reader) {
  for (const auto& op : chain.operators) {
    const InputRule rule = op->transform().input;
    if (rule == InputRule::kList) continue;
    if (rule == InputRule::kKeyOrList || takes_lists_only(rule)) return &op->transform();
    break;
  }
  return chain.operators.empty() ? reader : &chain.operators[0]->transform();
}

}  // namespace

std::vector<ColumnBinding> bind_columns(const Chain& chain, const Transform* reader,
                                        const Table& table) {
  const Transform* op = deciding_operator(chain, reader);
  const InputRule own_rule = op == nullptr ? InputRule::kFeature : op->input;
  const size_t num_own = chain.columns.size() - chain.num_keys;
  std::vector<ColumnBinding> bindings;
  for (const std::string& name : chain.columns) {
    const uint32_t index = table.column_index(name);
    const Table::Column& column = table.columns()[index];
    const InputRule rule = bindings.size() < num_own ? own_rule : InputRule::kKey;
    // Also an error for types that the engine does not read at all.
    if (table.num_batches() > 0) (void)table.batch_column(0, index);
    const std::optional<InputKind> kind = kind_for(rule, column);
    if (!kind.has_value()) {
      fail_type(column, rule, op == nullptr ? "identity" : op->name);
    }
    ColumnBinding binding{name, *kind, TimeUnit::kNone, "", column.type, column.type_name};
    if (*kind == InputKind::kTimestamp) {
      binding.unit = column.type == ColumnType::kDate32   ? TimeUnit::kDay
                     : column.type == ColumnType::kDate64 ? TimeUnit::kMilli
                                                          : column.unit;
      binding.time_zone = column.time_zone;
    }
    bindings.push_back(binding);
  }
  return bindings;
}

void check_binding(const ColumnBinding& binding, const Table& table) {
  const uint32_t index = table.column_index(binding.name);
  for (uint32_t batch = 0; batch < table.num_batches(); ++batch) {
    if (feeds(table.batch_column(batch, index), binding.kind)) continue;
    const std::string& got = table.columns()[index].type_name;
    // A column of nothing but nulls has told nothing; what its operators have learnt cannot change.
    const std::string fix = binding.fitted == ColumnType::kNull
                                ? "Cast it there to this type, or begin with data that has values."
                                : "Cast it.";
    throw Error(ErrorKind::kSchema, "Column '" + binding.name + "' has type " + got +
                                        ", expected " + binding.type_name +
                                        " as in the data fitted before. " + fix)
        .column(binding.name)
        .expected(binding.type_name)
        .got(got)
        .hint(fix);
  }
}

std::vector<ColumnView> bound_columns(const std::vector<ColumnBinding>& bindings,
                                      const Table& table, uint32_t batch) {
  std::vector<ColumnView> views;
  for (const ColumnBinding& binding : bindings) {
    views.push_back(table.batch_column(batch, table.column_index(binding.name)));
  }
  return views;
}

}  // namespace mainspring
