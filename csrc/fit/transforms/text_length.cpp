// How long a text is.
#include "fit/transforms/text_features.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/ngram_records.hpp"

namespace mainspring {
namespace {

struct TextLength {
  static constexpr std::string_view kName = "text_length";
  static constexpr std::string_view kSummary =
      "Number of characters, or of bytes, of a string; missing stays missing.";
  static constexpr InputRule kInput = InputRule::kText;
  struct Params {
    std::string unit = "characters";
  };
  static constexpr auto kParams =
      std::tuple{Param{"unit", &Params::unit, "'characters' or 'bytes'"}};

  static void check(const Params& params) {
    if (params.unit == "characters" || params.unit == "bytes") return;
    fail_param(kName, "unit", "'characters' or 'bytes'", params.unit);
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const Feature out = number_of_text(in[0], "_length", builder);
    builder.emit(text_part_record(in[0].slot.number, out.slot.number,
                                  params.unit == "bytes" ? TextPart::kBytes : TextPart::kCharacters,
                                  /*share=*/false));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kTextLength = transform_of<TextLength>();

}  // namespace mainspring
