// What a text is made of: how many letters, digits, spaces ...
#include <array>

#include "fit/transforms/text_features.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/ngram_records.hpp"

namespace mainspring {
namespace {

struct NamedTextPart {
  std::string_view name;
  TextPart part;
};

constexpr std::array kTextParts{NamedTextPart{"words", TextPart::kWords},
                                NamedTextPart{"letters", TextPart::kLetters},
                                NamedTextPart{"digits", TextPart::kDigits},
                                NamedTextPart{"upper", TextPart::kUpper},
                                NamedTextPart{"lower", TextPart::kLower},
                                NamedTextPart{"spaces", TextPart::kSpaces},
                                NamedTextPart{"punctuation", TextPart::kPunctuation}};

const NamedTextPart* find_text_part(std::string_view name) {
  for (const NamedTextPart& part : kTextParts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

struct TextPattern {
  static constexpr std::string_view kName = "text_pattern";
  static constexpr std::string_view kSummary =
      "Number of letters, digits, spaces ... of a string, or their share of its characters.";
  static constexpr InputRule kInput = InputRule::kText;
  struct Params {
    std::vector<std::string> parts;
    bool share = false;
  };
  static constexpr auto kParams = std::tuple{
      Param{"parts", &Params::parts, "words, letters, digits, upper, lower, spaces, punctuation"},
      Param{"share", &Params::share, "their share of the characters; not of words"}};

  static void check(const Params& params) {
    bool good = !params.parts.empty();
    for (size_t i = 0; i < params.parts.size(); ++i) {
      const NamedTextPart* part = find_text_part(params.parts[i]);
      good = good && part != nullptr;
      for (size_t j = 0; j < i; ++j) good = good && params.parts[i] != params.parts[j];
      if (params.share && part != nullptr && !has_share(part->part)) {
        fail_param(kName, "parts", "kinds of characters where share=True", params.parts);
      }
    }
    if (good) return;
    fail_param(kName, "parts",
               "one or more, all different, of words, letters, digits, upper, lower, spaces, "
               "punctuation",
               params.parts);
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    std::vector<Feature> features;
    for (const std::string& name : params.parts) {
      const Feature& out = features.emplace_back(
          number_of_text(in[0], "_" + name + (params.share ? "_share" : ""), builder));
      builder.emit(text_part_record(in[0].slot.number, out.slot.number, find_text_part(name)->part,
                                    params.share));
    }
    return features;
  }
};

}  // namespace

extern constinit const Transform kTextPattern = transform_of<TextPattern>();

}  // namespace mainspring
