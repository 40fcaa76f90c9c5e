// Parameters of operators: one table per operator names them, and parsing, Python's check,
// defaults, comparison, state bytes and docs all read that table.
#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/state_bytes.hpp"

namespace mainspring {

/// A parameter as it comes from Python, or is written into state bytes. monostate is None.
using ParamValue = std::variant<std::monostate, bool, int64_t, double, std::string,
                                std::vector<double>, std::vector<std::string>>;
using NamedParams = std::vector<std::pair<std::string, ParamValue>>;

/// Numbers or strings, all of one kind.
using ValueList = std::variant<std::vector<double>, std::vector<std::string>>;

/// A row of an operator's kParams. Members may be bool, int64_t, double, std::string,
/// std::optional of int64_t, double or std::string, std::vector<double>, std::vector<std::string>,
/// ValueList, or ParamValue itself (a number, a string or None).
template <class Params, class T>
struct Param {
  std::string_view name;
  T Params::* member;
  std::string_view help;
};

/// The same row for people and for Python.
struct ParamInfo {
  std::string name;
  std::string type;
  std::string help;
  ParamValue default_value;
};

/// "0.5", "'median'", "[1, 2]", "None".
std::string describe(const ParamValue& value);

/// Throws Error(kParameter): what, where, expected, got.
[[noreturn]] void fail_param(std::string_view transform, std::string_view param,
                             std::string_view expected, const ParamValue& got);
/// Throws Error(kParameter) for a name that no row has, proposing the nearest one.
[[noreturn]] void fail_unknown_param(std::string_view transform, std::string_view param,
                                     const std::vector<std::string>& known);

void write_param(const ParamValue& value, StateWriter& writer);
ParamValue read_param(StateReader& reader);

/// The nearest of `known` to `name` when it is near enough to be a slip of the pen, else "".
std::string close_match(std::string_view name, const std::vector<std::string>& known);

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
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

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
ParamValue to_param_value(const T& value) {
  if constexpr (is_optional<T>) {
    return value.has_value() ? ParamValue(*value) : ParamValue();
  } else if constexpr (std::same_as<T, ValueList>) {
    return std::visit([](const auto& values) { return ParamValue(values); }, value);
  } else {
    return ParamValue(value);
  }
}

}  // namespace mainspring
