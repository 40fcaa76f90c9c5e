// Lengths and patterns of texts: bytes, characters, words, or characters of a class, counted where
// the text lies.
#include "runtime/steps/text_part.hpp"

#include "runtime/core/characters.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080ull;

uint64_t num_characters(const BytesView& text) {
  uint64_t count = 0;
  for (uint64_t at = 0; at < text.length; ++count) {
    if (text.length - at >= 8 && (load<uint64_t>(text.data + at) & kHighBits) == 0) {
      at += 8;  // all of ASCII
      count += 7;
    } else {
      at += classed_character_at(text.data + at, text.length - at).num_bytes;
    }
  }
  return count;
}

struct Counts {
  uint64_t characters = 0;
  uint64_t of_class = 0;
  uint64_t words = 0;
};

Counts count_characters(const BytesView& text, uint8_t wanted) {
  Counts counts;
  bool in_word = false;
  for (uint64_t at = 0; at < text.length;) {
    const ClassedCharacter character = classed_character_at(text.data + at, text.length - at);
    at += character.num_bytes;
    ++counts.characters;
    counts.of_class += (character.classes & wanted) != 0;
    const bool is_word = (character.classes & kWord) != 0;
    counts.words += is_word && !in_word;
    in_word = is_word;
  }
  return counts;
}

uint8_t class_of(TextPart part) {
  switch (part) {
    case TextPart::kLetters: return kLetter;
    case TextPart::kDigits: return kDigit;
    case TextPart::kUpper: return kUpper;
    case TextPart::kLower: return kLower;
    case TextPart::kSpaces: return kSpace;
    case TextPart::kPunctuation: return kPunctuation;
    default: return 0;
  }
}

double part_of(const BytesView& text, TextPart part, bool share) {
  if (part == TextPart::kBytes) return static_cast<double>(text.length);
  if (part == TextPart::kCharacters) return static_cast<double>(num_characters(text));
  const Counts counts = count_characters(text, class_of(part));
  if (part == TextPart::kWords) return static_cast<double>(counts.words);
  const auto number = static_cast<double>(counts.of_class);
  if (!share) return number;
  return counts.characters == 0 ? 0 : number / static_cast<double>(counts.characters);
}

struct TextPartStep {
  static constexpr StepCode kCode = StepCode::kTextPart;
  static constexpr const char* kName = "text_part";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 1, .integer_mask = 0b11})) {
      return kBadRecord;
    }
    if (record.integers[0] < static_cast<uint64_t>(kFirstTextPart) ||
        record.integers[0] > static_cast<uint64_t>(kLastTextPart) || record.integers[1] > 1) {
      return kBadRecord;
    }
    const auto part = static_cast<TextPart>(record.integers[0]);
    return ok_if((record.integers[1] == 0 || has_share(part)) &&
                 input_type(record, plan) == ValueType::kBytes &&
                 output_type(record, plan) == ValueType::kF64);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const auto part = static_cast<TextPart>(record.integers[0]);
    const bool share = record.integers[1] != 0;
    const BytesView* texts = values_of<BytesView>(in);
    double* to = values_of<double>(out);
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      to[row] = is_valid(in.validity, row) ? part_of(texts[row], part, share) : __builtin_nan("");
    }
    copy_validity(in, out);
  }
};

}  // namespace

extern constinit const Step kTextPartStep = step_of<TextPartStep>();

}  // namespace mainspring
