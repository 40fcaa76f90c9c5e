// A column plus, minus, times or divided by a number, or the number first.
#include <cmath>

#include "fit/transforms/arithmetic_symbol.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct ArithmeticNumber {
  static constexpr std::string_view kName = "arithmetic_number";
  static constexpr std::string_view kSummary =
      "Add, subtract, multiply or divide by a number; missing where the result is not finite.";
  static constexpr InputRule kInput = InputRule::kNumber;
  struct Params {
    std::string symbol = "*";
    double number = 1;
    bool number_first = false;
  };
  static constexpr auto kParams =
      std::tuple{Param{"symbol", &Params::symbol, "'+', '-', '*' or '/'"},
                 Param{"number", &Params::number, "the other operand, finite"},
                 Param{"number_first", &Params::number_first, "number / x instead of x / number"}};

  static void check(const Params& params) {
    (void)arithmetic_symbol(kName, params.symbol);
    if (!std::isfinite(params.number)) {
      fail_param(kName, "number", "a finite number", params.number);
    }
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(arithmetic_number_record(arithmetic_symbol(kName, params.symbol).code,
                                          in[0].slot.number, out.slot.number, params.number,
                                          params.number_first));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kArithmeticNumber = transform_of<ArithmeticNumber>();

}  // namespace mainspring
