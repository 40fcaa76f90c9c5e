// What the operators of arithmetic share: symbols, their steps and their names.
#pragma once
#include <string>
#include <string_view>

#include "fit/transforms/param.hpp"
#include "runtime/steps/arithmetic.hpp"

namespace mainspring {

struct ArithmeticSymbol {
  std::string_view symbol;
  std::string_view word;  // in names of features
  ArithmeticCode code;
};

inline constexpr ArithmeticSymbol kArithmeticSymbols[] = {
    {"+", "plus", ArithmeticCode::kAdd},
    {"-", "minus", ArithmeticCode::kSubtract},
    {"*", "times", ArithmeticCode::kMultiply},
    {"/", "div", ArithmeticCode::kDivide},
};

/// Throws Error(kParameter) for any other.
inline const ArithmeticSymbol& arithmetic_symbol(std::string_view transform,
                                                 const std::string& symbol) {
  for (const ArithmeticSymbol& known : kArithmeticSymbols) {
    if (known.symbol == symbol) return known;
  }
  fail_param(transform, "symbol", "'+', '-', '*' or '/'", symbol);
}

}  // namespace mainspring
