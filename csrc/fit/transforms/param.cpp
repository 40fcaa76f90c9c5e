// What parameters look like in messages and in state bytes.
#include "fit/transforms/param.hpp"

#include <algorithm>
#include <charconv>
#include <concepts>

#include "host/error.hpp"

namespace mainspring {

namespace {

std::string describe_number(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  return std::string(buffer, end);
}

template <class T, class Describe>
std::string describe_list(const std::vector<T>& values, const Describe& describe_one) {
  constexpr size_t kShown = 5;
  std::string text = "[";
  for (size_t i = 0; i < std::min(values.size(), kShown); ++i) {
    if (i != 0) text += ", ";
    text += describe_one(values[i]);
  }
  if (values.size() > kShown) text += " and " + std::to_string(values.size() - kShown) + " more";
  return text + "]";
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

template <class T>
constexpr std::string_view param_type_name() {
  if constexpr (std::same_as<T, bool>)
    return "bool";
  else if constexpr (std::same_as<T, int64_t>)
    return "integer";
  else if constexpr (std::same_as<T, double>)
    return "number";
  else if constexpr (std::same_as<T, std::string>)
    return "string";
  else if constexpr (std::same_as<T, std::optional<int64_t>>)
    return "integer or None";
  else if constexpr (std::same_as<T, std::optional<double>>)
    return "number or None";
  else if constexpr (std::same_as<T, std::optional<std::string>>)
    return "string or None";
  else if constexpr (std::same_as<T, std::vector<double>>)
    return "list of numbers";
  else if constexpr (std::same_as<T, std::vector<std::string>>)
    return "list of strings";
  else if constexpr (std::same_as<T, ValueList>)
    return "list of numbers or strings";
  else {
    static_assert(std::same_as<T, ParamValue>, "a parameter has a type that no reader knows");
    return "number, string or None";
  }
}

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

/// False when `value` is not a T. Integers are numbers; True is not.
template <class T>
bool parse_param(const ParamValue& value, T* out) {
  if constexpr (std::same_as<T, double>) {
    if (const auto* integer = std::get_if<int64_t>(&value)) {
      *out = static_cast<double>(*integer);
      return true;
    }
  }
  if constexpr (is_optional<T>) {
    if (std::holds_alternative<std::monostate>(value)) {
      *out = std::nullopt;
      return true;
    }
    typename T::value_type inner{};
    if (!parse_param(value, &inner)) return false;
    *out = std::move(inner);
    return true;
  } else if constexpr (std::same_as<T, ValueList>) {
    if (const auto* numbers = std::get_if<std::vector<double>>(&value)) *out = *numbers;
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) *out = *texts;
    return value.index() >= 5;
  } else if constexpr (std::same_as<T, ParamValue>) {
    *out = value;
    return value.index() <= 4 && !std::holds_alternative<bool>(value);
  } else {
    if constexpr (std::same_as<T, std::vector<std::string>>) {
      // An empty list has no element to tell its type by.
      const auto* numbers = std::get_if<std::vector<double>>(&value);
      if (numbers != nullptr && numbers->empty()) {
        out->clear();
        return true;
      }
    }
    const T* same = std::get_if<T>(&value);
    if (same == nullptr) return false;
    *out = *same;
    return true;
  }
}

template <class T>
ParamValue value_of_member(const T& value) {
  if constexpr (is_optional<T>) {
    return value.has_value() ? ParamValue(*value) : ParamValue();
  } else if constexpr (std::same_as<T, ValueList>) {
    return to_param_value(value);
  } else {
    return ParamValue(value);
  }
}

template <class T>
constexpr ParamType type_of() {
  return {param_type_name<T>(),
          [](const void* member) { return value_of_member(*static_cast<const T*>(member)); },
          [](const ParamValue& value, void* member) {
            return parse_param(value, static_cast<T*>(member));
          }};
}

ParamValue value_of_row(const ParamRow& row, const void* params) {
  return row.type->value_of(static_cast<const char*>(params) + row.offset);
}

/// Proposes the nearest name.
[[noreturn]] void fail_unknown_param(std::string_view transform, std::string_view param,
                                     std::span<const ParamRow> rows) {
  std::vector<std::string> known;
  for (const ParamRow& row : rows) known.emplace_back(row.name);
  std::string message = std::string(transform) + " has no parameter '" + std::string(param) + "'";
  const std::string match = close_match(param, known);
  if (known.empty()) message += "; it has none";
  for (size_t i = 0; i < known.size(); ++i) {
    message += (i == 0 ? "; it has '" : ", '") + known[i] + "'";
  }
  message += ".";
  if (!match.empty()) message += " Did you mean '" + match + "'?";
  throw Error(ErrorKind::kParameter, message).got(param).hint(match);
}

}  // namespace

template <class T>
const ParamType& param_type() {
  static constexpr ParamType kType = type_of<T>();
  return kType;
}
template const ParamType& param_type<bool>();
template const ParamType& param_type<int64_t>();
template const ParamType& param_type<double>();
template const ParamType& param_type<std::string>();
template const ParamType& param_type<std::optional<int64_t>>();
template const ParamType& param_type<std::optional<double>>();
template const ParamType& param_type<std::optional<std::string>>();
template const ParamType& param_type<std::vector<double>>();
template const ParamType& param_type<std::vector<std::string>>();
template const ParamType& param_type<ValueList>();
template const ParamType& param_type<ParamValue>();

ParamValue to_param_value(const ValueList& values) {
  return std::visit([](const auto& list) { return ParamValue(list); }, values);
}

std::string describe(const ParamValue& value) {
  const auto quote = [](const std::string& text) { return "'" + text + "'"; };
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "True" : "False";
  if (const auto* integer = std::get_if<int64_t>(&value)) return std::to_string(*integer);
  if (const auto* number = std::get_if<double>(&value)) return describe_number(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return quote(*text);
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) {
    return describe_list(*numbers, describe_number);
  }
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    return describe_list(*texts, quote);
  }
  return "None";
}

void fail_param(std::string_view transform, std::string_view param, std::string_view expected,
                const ParamValue& got) {
  throw Error(ErrorKind::kParameter, "Parameter '" + std::string(param) + "' of " +
                                         std::string(transform) + " must be " +
                                         std::string(expected) + ", got " + describe(got) + ".")
      .expected(expected)
      .got(describe(got));
}

std::vector<ParamInfo> describe_params(std::span<const ParamRow> rows, const void* defaults) {
  std::vector<ParamInfo> infos;
  for (const ParamRow& row : rows) {
    infos.push_back({std::string(row.name), std::string(row.type->name), std::string(row.help),
                     value_of_row(row, defaults)});
  }
  return infos;
}

NamedParams read_params(std::span<const ParamRow> rows, const void* params) {
  NamedParams named;
  for (const ParamRow& row : rows) {
    named.emplace_back(std::string(row.name), value_of_row(row, params));
  }
  return named;
}

void set_params(std::string_view transform, std::span<const ParamRow> rows,
                const NamedParams& named, void* params) {
  for (const auto& [name, value] : named) {
    const auto row = std::ranges::find(rows, std::string_view(name), &ParamRow::name);
    if (row == rows.end()) fail_unknown_param(transform, name, rows);
    if (!row->type->parse(value, static_cast<char*>(params) + row->offset)) {
      fail_param(transform, name, row->type->name, value);
    }
  }
}

void write_param(const ParamValue& value, StateWriter& writer) {
  writer.put<uint8_t>(static_cast<uint8_t>(value.index()));
  if (const auto* flag = std::get_if<bool>(&value)) writer.put<uint8_t>(*flag ? 1 : 0);
  if (const auto* integer = std::get_if<int64_t>(&value)) writer.put(*integer);
  if (const auto* number = std::get_if<double>(&value)) writer.put(*number);
  if (const auto* text = std::get_if<std::string>(&value)) writer.put_bytes(*text);
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) writer.put_all(*numbers);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    writer.put<uint64_t>(texts->size());
    for (const std::string& text : *texts) writer.put_bytes(text);
  }
}

ParamValue read_param(StateReader& reader) {
  switch (reader.get<uint8_t>()) {
    case 0: return {};
    case 1: return reader.get<uint8_t>() != 0;
    case 2: return reader.get<int64_t>();
    case 3: return reader.get<double>();
    case 4: return std::string(reader.get_text());
    case 5: return reader.get_all<double>();
    case 6: {
      std::vector<std::string> texts(reader.get_count(8));
      for (std::string& text : texts) text = reader.get_text();
      return texts;
    }
    default: StateReader::fail();
  }
}

std::string close_match(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace mainspring
