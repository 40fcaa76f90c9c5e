// Strings in lower, upper or title case: new strings where a character changes, else views of those
// that came. Words, and a sigma that ends one, as Python's str has them (Unicode 14.0, D135, D136).
#include "runtime/core/letter_case.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/core/utf8.hpp"
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/text_room.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kEachByte = 0x0101010101010101ull;
constexpr uint64_t kHighBits = 0x80 * kEachByte;
constexpr uint32_t kSigma = 0x3a3;
constexpr uint32_t kSmallSigma = 0x3c3;
constexpr uint32_t kFinalSigma = 0x3c2;
constexpr uint64_t kMaxGrowth = 3;  // of bytes above ASCII; those of ASCII grow into none

bool is_lowering(LetterCase to) { return to == LetterCase::kLower || to == LetterCase::kFold; }

/// Bit 7 of each byte that is a letter of the other case; of eight bytes of ASCII.
uint64_t other_letters(uint64_t word, LetterCase to) {
  const uint64_t first = is_lowering(to) ? 'A' : 'a';
  const uint64_t from_first = word + (0x80 - first) * kEachByte;
  const uint64_t behind_last = word + (0x80 - first - 26) * kEachByte;
  return from_first & ~behind_last & kHighBits;
}

bool is_other_letter(uint8_t byte, LetterCase to) {
  return static_cast<uint8_t>(byte - (is_lowering(to) ? 'A' : 'a')) < 26;
}

enum class Change : uint8_t { kNone, kAscii, kAny };

/// What has to be done with the string: lower or upper case, so ASCII needs no look around.
Change change_of(BytesView text, LetterCase to) {
  uint64_t high = 0;
  uint64_t others = 0;
  uint64_t at = 0;
  for (; text.length - at >= 8; at += 8) {
    const uint64_t word = load<uint64_t>(text.data + at);
    high |= word & kHighBits;
    others |= other_letters(word & ~kHighBits, to);
  }
  for (; at < text.length; ++at) {
    high |= text.data[at] & 0x80u;
    others |= is_other_letter(text.data[at], to) ? 1 : 0;
  }
  return high != 0 ? Change::kAny : others != 0 ? Change::kAscii : Change::kNone;
}

/// How long the string may become.
uint64_t longest(BytesView text) {
  uint64_t above = 0;
  for (uint64_t at = 0; at < text.length; ++at) above += text.data[at] >> 7;
  return text.length + above * (kMaxGrowth - 1);
}

/// A string of ASCII.
void write_ascii(BytesView text, LetterCase to, uint8_t* out) {
  uint64_t at = 0;
  for (; text.length - at >= 8; at += 8) {
    const uint64_t word = load<uint64_t>(text.data + at);
    const uint64_t changed = word ^ other_letters(word, to) >> 2;
    copy_bytes(out + at, &changed, 8);
  }
  for (; at < text.length; ++at) {
    const uint8_t byte = text.data[at];
    out[at] = is_other_letter(byte, to) ? byte ^ 0x20 : byte;
  }
}

/// Whether a letter stands before the place in [begin, end), or behind it, but for characters that
/// do not count.
bool cased_before(const uint8_t* begin, const uint8_t* end) {
  while (begin != end) {
    const Character last = character_before(begin, end);
    if (last.num_bytes == 0) return false;
    if (!is_case_ignorable(last.code)) return is_cased(last.code);
    end -= last.num_bytes;
  }
  return false;
}
bool cased_behind(const uint8_t* begin, const uint8_t* end) {
  while (begin != end) {
    const Character next = character_at(begin, end);
    if (next.num_bytes == 0) return false;
    if (!is_case_ignorable(next.code)) return is_cased(next.code);
    begin += next.num_bytes;
  }
  return false;
}

/// Any string; returns the bytes that it has become.
uint64_t write_characters(BytesView text, LetterCase to, uint8_t* out) {
  const uint8_t* at = text.data;
  const uint8_t* const end = at + text.length;
  uint8_t* to_at = out;
  bool in_word = false;
  while (at != end) {
    const LetterCase one = to == LetterCase::kTitle && in_word ? LetterCase::kLower : to;
    if (const uint8_t byte = *at; byte < 0x80) {
      *to_at++ = is_other_letter(byte, one) ? byte ^ 0x20 : byte;
      in_word = static_cast<uint8_t>((byte | 0x20) - 'a') < 26;
      ++at;
      continue;
    }
    const Character next = character_at(at, end);
    if (next.num_bytes == 0) {  // no text: as it is
      *to_at++ = *at++;
      in_word = false;
      continue;
    }
    uint32_t codes[kMaxCaseCharacters];
    uint32_t count = 1;
    if (next.code == kSigma && one == LetterCase::kLower) {
      const bool ends = cased_before(text.data, at) && !cased_behind(at + next.num_bytes, end);
      codes[0] = ends ? kFinalSigma : kSmallSigma;
    } else {
      count = change_case(one, next.code, codes);
    }
    for (uint32_t i = 0; i < count; ++i) to_at += write_character(codes[i], to_at);
    if (to == LetterCase::kTitle) in_word = is_cased(next.code);
    at += next.num_bytes;
  }
  return static_cast<uint64_t>(to_at - out);
}

BytesView changed(BytesView text, LetterCase to, TextRoom* room) {
  const Change change = to != LetterCase::kTitle ? change_of(text, to)
                        : text.length != 0       ? Change::kAny
                                                 : Change::kNone;
  if (change == Change::kNone) return text;
  const bool is_ascii = change == Change::kAscii;
  uint8_t* const out = text_memory(room, is_ascii ? text.length : longest(text));
  if (out == nullptr) return text;
  uint64_t length = text.length;
  if (is_ascii) {
    write_ascii(text, to, out);
  } else {
    length = write_characters(text, to, out);
    if (length == text.length && same_bytes(out, text.data, length)) return text;
  }
  keep_text(room, length);
  return {out, length};
}

struct ChangeCase {
  static constexpr StepCode kCode = StepCode::kChangeCase;
  static constexpr const char* kName = "change_case";
  static constexpr bool kBuildsTexts = true;

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 1, .integer_mask = 0b1, .in_place = true}) ||
        input_type(record, plan) != ValueType::kBytes ||
        output_type(record, plan) != ValueType::kBytes) {
      return kBadRecord;
    }
    return ok_if(record.integers[0] >= static_cast<uint64_t>(LetterCase::kLower) &&
                 record.integers[0] <= static_cast<uint64_t>(LetterCase::kFold));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const auto to = static_cast<LetterCase>(record.integers[0]);
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const BytesView* from = values_of<BytesView>(in);
    BytesView* texts = values_of<BytesView>(out);
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      texts[row] = changed(from[row], to, context.texts);
    }
    copy_validity(in, out);
  }
};

}  // namespace

extern constinit const Step kChangeCaseStep = step_of<ChangeCase>();

}  // namespace mainspring
