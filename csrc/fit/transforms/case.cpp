// Strings in lower, upper or title case.
#include "fit/transforms/transform.hpp"
#include "runtime/core/letter_case.hpp"
#include "runtime/steps/text_records.hpp"

namespace mainspring {
namespace {

struct Case {
  static constexpr std::string_view kName = "case";
  static constexpr std::string_view kSummary = "Write strings in lower, upper or title case.";
  static constexpr InputRule kInput = InputRule::kText;
  struct Params {
    std::string to = "lower";
  };
  static constexpr auto kParams =
      std::tuple{Param{"to", &Params::to, "'lower', 'upper', 'title' or 'fold'"}};

  struct Form {
    std::string_view name;
    LetterCase form;
  };
  static constexpr Form kForms[] = {{"lower", LetterCase::kLower},
                                    {"upper", LetterCase::kUpper},
                                    {"title", LetterCase::kTitle},
                                    {"fold", LetterCase::kFold}};

  static const Form* find_form(std::string_view name) {
    for (const Form& form : kForms) {
      if (form.name == name) return &form;
    }
    return nullptr;
  }

  static void check(const Params& params) {
    if (find_form(params.to) == nullptr) {
      fail_param(kName, "to", "'lower', 'upper', 'title' or 'fold'", params.to);
    }
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kBytes);
    builder.emit(
        change_case_record(in[0].slot.number, out.slot.number, find_form(params.to)->form));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kCase = transform_of<Case>();

}  // namespace mainspring
