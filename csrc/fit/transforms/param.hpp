// Parameters of operators: one table per operator names them, and parsing, Python's check,
// defaults, comparison, state bytes and docs all read that table.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
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

/// As a parameter, for messages.
ParamValue to_param_value(const ValueList& values);

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

void write_param(const ParamValue& value, StateWriter& writer);
ParamValue read_param(StateReader& reader);

/// The nearest of `known` to `name` when it is near enough to be a slip of the pen, else "".
std::string close_match(std::string_view name, const std::vector<std::string>& known);

/// What is to be done with a member of a type; one for each type, in param.cpp.
struct ParamType {
  std::string_view name;
  ParamValue (*value_of)(const void* member);
  bool (*parse)(const ParamValue& value, void* member);  // false when the value is of another type
};
template <class T>
const ParamType& param_type();

/// A row of the table of any operator: where the member lies in its Params, and of what type.
struct ParamRow {
  std::string_view name;
  std::string_view help;
  const ParamType* type;
  size_t offset;
};

template <class Params, class T>
ParamRow row_of(const Param<Params, T>& param, const Params& params) {
  const auto* start = reinterpret_cast<const char*>(&params);
  const auto* member = reinterpret_cast<const char*>(&(params.*param.member));
  return {param.name, param.help, &param_type<T>(), static_cast<size_t>(member - start)};
}

/// The rows for people and for Python; `defaults` are the operator's Params as they begin.
std::vector<ParamInfo> describe_params(std::span<const ParamRow> rows, const void* defaults);
/// Every parameter, in the order of the table.
NamedParams read_params(std::span<const ParamRow> rows, const void* params);
/// Sets what `named` names. Throws Error(kParameter) for a name that no row has, or another type.
void set_params(std::string_view transform, std::span<const ParamRow> rows,
                const NamedParams& named, void* params);

}  // namespace mainspring
