// Strings to numbers: marks of one's own choice, rounded as the reader of JSON rounds.
#include "runtime/core/utf8.hpp"
#include "runtime/core/whitespace.hpp"
#include "runtime/json/number.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

constexpr double kInfinity = __builtin_inf();

/// A decimal or thousands mark; no bytes: none.
struct Mark {
  uint8_t bytes[4];
  uint32_t num_bytes;

  bool is_at(const uint8_t* at, const uint8_t* end) const {
    if (num_bytes == 0 || static_cast<uint64_t>(end - at) < num_bytes) return false;
    for (uint32_t i = 0; i < num_bytes; ++i) {
      if (at[i] != bytes[i]) return false;
    }
    return true;
  }
};

Mark mark_of(uint64_t code) {
  Mark mark{};
  if (code != 0) mark.num_bytes = write_character(static_cast<uint32_t>(code), mark.bytes);
  return mark;
}

bool is_digit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') <= 9; }

/// Whether [at, end) is the word, which is in small letters, in letters of any case.
bool is_word(const uint8_t* at, const uint8_t* end, const char* word) {
  for (; at != end && *word != 0; ++at, ++word) {
    if ((*at | 0x20) != static_cast<uint8_t>(*word)) return false;
  }
  return at == end && *word == 0;
}

/// The number as JSON writes it. More bytes than a number may have are no number.
struct JsonText {
  uint8_t bytes[kMaxNumberBytes + 1];
  uint32_t length = 0;

  bool put(uint8_t byte) {
    if (length >= kMaxNumberBytes) return false;
    bytes[length++] = byte;
    return true;
  }
};

/// Digits before the decimal mark, in threes where a thousands mark stands between them.
const uint8_t* take_whole(const uint8_t* at, const uint8_t* end, const Mark& thousands,
                          JsonText* text, bool* good) {
  uint32_t in_group = 0;  // digits since the last mark
  bool grouped = false;
  uint32_t first = text->length;
  while (at != end) {
    if (is_digit(*at)) {
      // A number of JSON has no zeros in front.
      if (text->length == first + 1 && text->bytes[first] == '0') text->length = first;
      *good = *good && text->put(*at);
      ++in_group;
      ++at;
    } else if (thousands.is_at(at, end)) {
      if (grouped ? in_group != 3 : in_group < 1 || in_group > 3) *good = false;
      grouped = true;
      in_group = 0;
      at += thousands.num_bytes;
    } else {
      break;
    }
  }
  if (grouped && in_group != 3) *good = false;
  return at;
}

/// False where the text is no number; *value may then be anything.
bool parse(const uint8_t* at, const uint8_t* end, const Mark& decimal, const Mark& thousands,
           double* value) {
  at = skip_whitespace(at, end);
  end = drop_whitespace(at, end);
  if (at == end) return false;
  const bool is_negative = *at == '-';
  at += is_negative || *at == '+';
  if (is_word(at, end, "inf") || is_word(at, end, "infinity")) {
    *value = is_negative ? -kInfinity : kInfinity;
    return true;
  }
  JsonText text;
  bool good = true;
  if (is_negative) text.put('-');
  const uint8_t* const first = at;
  at = take_whole(at, end, thousands, &text, &good);
  bool has_digits = at != first;
  if (!has_digits) text.put('0');
  if (decimal.is_at(at, end)) {
    at += decimal.num_bytes;
    if (at != end && is_digit(*at)) {
      has_digits = true;
      good = good && text.put('.');
      for (; at != end && is_digit(*at); ++at) good = good && text.put(*at);
    }
  }
  // What is left is an exponent or nothing; scan_number() holds it to its grammar.
  if (!has_digits || (at != end && *at != 'e' && *at != 'E')) return false;
  for (; at != end; ++at) good = good && text.put(*at);
  NumberToken token;
  if (!good || scan_number(text.bytes, text.bytes + text.length, &token) != NumberScan::kOk ||
      token.end != text.bytes + text.length) {
    return false;
  }
  if (!to_double(token, value)) *value = is_negative ? -kInfinity : kInfinity;
  return true;
}

bool is_mark(uint64_t code) {
  return is_character(code) && code != '+' && code != '-' && (code < '0' || code > '9') &&
         (code | 0x20) != 'e';
}

struct ParseNumber {
  static constexpr StepCode kCode = StepCode::kParseNumber;
  static constexpr const char* kName = "parse_number";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 1, .integer_mask = 0b11})) {
      return kBadRecord;
    }
    return ok_if(input_type(record, plan) == ValueType::kBytes &&
                 output_type(record, plan) == ValueType::kF64 && record.integers[0] != 0 &&
                 is_mark(record.integers[0]) && is_mark(record.integers[1]) &&
                 record.integers[0] != record.integers[1]);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Mark decimal = mark_of(record.integers[0]);
    const Mark thousands = mark_of(record.integers[1]);
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const BytesView* from = values_of<BytesView>(in);
    double* to = values_of<double>(out);
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      const uint8_t* begin = from[row].data;
      double value = 0;
      const bool good = parse(begin, begin + from[row].length, decimal, thousands, &value);
      to[row] = good ? value : __builtin_nan("");
    }
    context.kernels->valid_f64(to, out.validity, out.num_rows);
  }
};

}  // namespace

extern constinit const Step kParseNumberStep = step_of<ParseNumber>();

}  // namespace mainspring
