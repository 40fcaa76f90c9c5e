// Strings to numbers.
#include "fit/transforms/transform.hpp"
#include "runtime/core/utf8.hpp"
#include "runtime/core/whitespace.hpp"
#include "runtime/steps/text_records.hpp"

namespace mainspring {
namespace {

/// The only character of the text, or 0.
uint32_t only_character(std::string_view text) {
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  if (text.empty()) return 0;
  const Character found = character_at(at, at + text.size());
  return found.num_bytes == text.size() ? found.code : 0;
}

bool is_mark(uint32_t code) {
  return code != 0 && code != '+' && code != '-' && (code < '0' || code > '9') &&
         (code | 0x20) != 'e';
}

struct ParseNumber {
  static constexpr std::string_view kName = "parse_number";
  static constexpr std::string_view kSummary =
      "Read strings as numbers; what is no number is missing.";
  static constexpr InputRule kInput = InputRule::kText;
  struct Params {
    std::string decimal = ".";
    std::string thousands;
  };
  static constexpr auto kParams =
      std::tuple{Param{"decimal", &Params::decimal, "the character before the fraction"},
                 Param{"thousands", &Params::thousands,
                       "the character between groups of three digits; '' for none"}};

  static void check(const Params& params) {
    const uint32_t decimal = only_character(params.decimal);
    if (!is_mark(decimal) || is_whitespace(decimal)) {
      fail_param(kName, "decimal", "one character that no other part of a number has",
                 params.decimal);
    }
    const uint32_t thousands = only_character(params.thousands);
    if (!params.thousands.empty() && (!is_mark(thousands) || thousands == decimal)) {
      fail_param(kName, "thousands",
                 "one character that no other part of a number has, or '' for none",
                 params.thousands);
    }
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kF64);
    builder.emit(parse_number_record(in[0].slot.number, out.slot.number,
                                     only_character(params.decimal),
                                     only_character(params.thousands)));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kParseNumber = transform_of<ParseNumber>();

}  // namespace mainspring
