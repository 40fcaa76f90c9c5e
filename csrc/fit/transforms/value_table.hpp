// What null_if, map_values and parse_boolean share: given values as the keys of a lookup table.
#pragma once
#include <cmath>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "fit/plan/lookup_table.hpp"
#include "fit/transforms/feature.hpp"
#include "fit/transforms/param.hpp"
#include "host/error.hpp"

namespace mainspring {

inline size_t num_values(const ValueList& values) {
  return std::visit([](const auto& list) { return list.size(); }, values);
}

/// Throws Error(kParameter) where a value is NaN, or there twice.
inline void check_keys(std::string_view op, std::string_view param, const ValueList& values) {
  const auto fail = [&](std::string_view expected) {
    fail_param(op, param, expected, to_param_value(values));
  };
  if (const auto* numbers = std::get_if<std::vector<double>>(&values)) {
    for (const double value : *numbers) {
      if (std::isnan(value)) fail("numbers that are not NaN, which is missing already");
    }
    if (std::unordered_set<double>(numbers->begin(), numbers->end()).size() != numbers->size()) {
      fail("values that are all different");
    }
  } else {
    const auto& texts = std::get<std::vector<std::string>>(values);
    if (std::unordered_set<std::string_view>(texts.begin(), texts.end()).size() != texts.size()) {
      fail("values that are all different");
    }
  }
}

/// Throws Error(kSchema) where a stream of strings meets numbers, or the other way round.
inline void check_kind(std::string_view op, std::string_view param, const ValueList& values,
                       const Feature& in) {
  const bool text = in.slot.type == ValueType::kBytes;
  if (text == std::holds_alternative<std::vector<std::string>>(values)) return;
  const std::string expected = text ? "strings" : "numbers";
  throw Error(ErrorKind::kSchema, "Parameter '" + std::string(param) + "' of " + std::string(op) +
                                      " has " + (text ? "numbers" : "strings") + ", but " +
                                      in.expression + " gives " + expected + ". Give it " +
                                      expected + ".")
      .column(in.column)
      .expected(expected)
      .got(text ? "numbers" : "strings");
}

/// The table in DATA: entry i is value i.
inline DataRange add_key_table(const ValueList& values, PlanBuilder& builder) {
  if (const auto* numbers = std::get_if<std::vector<double>>(&values)) {
    return builder.add_data(build_lookup_table(*numbers));
  }
  const auto& texts = std::get<std::vector<std::string>>(values);
  return builder.add_data(
      build_lookup_table(std::vector<std::string_view>(texts.begin(), texts.end())));
}

inline DataRange add_numbers(const std::vector<double>& numbers, PlanBuilder& builder) {
  return builder.add_data(
      {reinterpret_cast<const uint8_t*>(numbers.data()), numbers.size() * sizeof(double)});
}

}  // namespace mainspring
