// Sums, differences, products and quotients of two columns.
#include "fit/transforms/arithmetic_symbol.hpp"
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct Arithmetic {
  static constexpr std::string_view kName = "arithmetic";
  static constexpr std::string_view kSummary =
      "Add, subtract, multiply or divide two columns; missing where the result is not finite.";
  static constexpr InputRule kInput = InputRule::kNumber;
  static constexpr bool kJoint = true;
  struct Params {
    std::string symbol = "/";
  };
  static constexpr auto kParams =
      std::tuple{Param{"symbol", &Params::symbol, "'+', '-', '*' or '/'"}};

  static void check(const Params& params) { (void)arithmetic_symbol(kName, params.symbol); }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    if (in.size() == 2) return;
    throw Error(ErrorKind::kParameter,
                "arithmetic takes two columns, got " + std::to_string(in.size()) + " behind " +
                    in[0].expression + ". Write a " + params.symbol + " b for each pair.");
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const ArithmeticSymbol& symbol = arithmetic_symbol(kName, params.symbol);
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(
        arithmetic_record(symbol.code, in[0].slot.number, in[1].slot.number, out.slot.number));
    out.info.name.append("_").append(symbol.word).append("_").append(in[1].info.name);
    return {out};
  }
};

}  // namespace

extern constinit const Transform kArithmetic = transform_of<Arithmetic>();

}  // namespace mainspring
