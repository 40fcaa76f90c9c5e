// Python's grammar of regular expressions, read from left to right; what would need backtracking is
// refused by its name.
#include "fit/plan/pattern_tree.hpp"

#include <algorithm>
#include <string>

#include "fit/plan/pattern.hpp"
#include "runtime/core/utf8.hpp"

namespace mainspring {
namespace {

using Ranges = std::vector<CharacterRange>;
using Kind = PatternNode::Kind;

constexpr uint32_t kLastCharacter = 0x10ffff;
constexpr uint32_t kMaxDepth = 64;
constexpr uint32_t kMaxRepeat = kMaxPatternInstructions;

const Ranges kDigits{{'0', '9'}};
const Ranges kWords{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
const Ranges kSpaces{{'\t', '\r'}, {' ', ' '}};

/// Ascending, without overlaps.
Ranges in_order(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  Ranges merged;
  for (const CharacterRange& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last + 1) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

Ranges all_but(const Ranges& ranges) {
  Ranges others;
  uint32_t next = 0;
  for (const CharacterRange& range : in_order(ranges)) {
    if (range.first > next) others.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLastCharacter) others.push_back({next, kLastCharacter});
  return others;
}

PatternNode characters(Ranges ranges) {
  PatternNode node;
  node.kind = Kind::kCharacters;
  node.ranges = std::move(ranges);
  return node;
}

PatternNode assertion(PatternAssert what) {
  PatternNode node;
  node.kind = Kind::kAssert;
  node.assert_kind = what;
  return node;
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(pattern) {}

  PatternTree parse() {
    const auto* bytes = reinterpret_cast<const uint8_t*>(pattern_.data());
    if (first_bad_utf8(bytes, pattern_.size()) != pattern_.size()) fail("bytes that are not UTF-8");
    PatternTree tree;
    tree.root = alternatives(0);
    if (!done()) fail("a ')' without its '('");
    tree.num_groups = num_groups_;
    return tree;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw PatternFault(what + " at byte " + std::to_string(at_));
  }
  bool done() const { return at_ == pattern_.size(); }
  bool next_is(std::string_view text) const { return pattern_.substr(at_, text.size()) == text; }
  bool take(std::string_view text) {
    if (!next_is(text)) return false;
    at_ += text.size();
    return true;
  }
  uint32_t take_character() {
    const auto* bytes = reinterpret_cast<const uint8_t*>(pattern_.data());
    const Character next = character_at(bytes + at_, bytes + pattern_.size());
    at_ += next.num_bytes;
    return next.code;
  }

  PatternNode alternatives(uint32_t depth) {
    if (depth > kMaxDepth)
      fail("groups in groups more than " + std::to_string(kMaxDepth) + " deep");
    PatternNode node;
    node.kind = Kind::kAlternatives;
    do {
      node.parts.push_back(sequence(depth));
    } while (take("|"));
    return node.parts.size() == 1 ? std::move(node.parts[0]) : std::move(node);
  }

  PatternNode sequence(uint32_t depth) {
    PatternNode node;
    while (!done() && !next_is("|") && !next_is(")")) {
      PatternNode one = atom(depth);
      if (repeat_begins()) one = repeated(std::move(one));
      node.parts.push_back(std::move(one));
    }
    return node;
  }

  bool repeat_begins() const {
    return next_is("*") || next_is("+") || next_is("?") || next_is("{");
  }

  PatternNode repeated(PatternNode body) {
    PatternNode node;
    node.kind = Kind::kRepeat;
    node.least = 0;
    node.most = kUnbounded;
    if (body.kind == Kind::kAssert) fail("a repeat of what takes no character");
    if (take("+")) {
      node.least = 1;
    } else if (take("?")) {
      node.most = 1;
    } else if (!take("*")) {
      bounds(&node);
    }
    node.lazy = take("?");
    if (next_is("+")) fail("a possessive repeat");
    if (repeat_begins()) fail("a repeat of a repeat");
    if (node.most > 1 && may_be_empty(body)) fail("a repeat of what may be empty");
    node.parts.push_back(std::move(body));
    return node;
  }

  uint32_t take_number(uint32_t otherwise) {
    if (done() || pattern_[at_] < '0' || pattern_[at_] > '9') return otherwise;
    uint32_t number = 0;
    while (!done() && pattern_[at_] >= '0' && pattern_[at_] <= '9') {
      number = number * 10 + static_cast<uint32_t>(pattern_[at_++] - '0');
      if (number > kMaxRepeat) fail("a repeat of more than " + std::to_string(kMaxRepeat));
    }
    return number;
  }

  /// "{2}", "{2,}", "{,5}" or "{2,5}".
  void bounds(PatternNode* node) {
    const size_t begin = at_;
    take("{");
    node->least = take_number(kUnbounded);
    if (take(",")) {
      node->most = take_number(kUnbounded);
      if (node->least == kUnbounded && node->most != kUnbounded) node->least = 0;
    } else {
      node->most = node->least;
    }
    if (node->least == kUnbounded || !take("}")) {
      at_ = begin;
      fail("a '{' that begins no repeat (write '\\{')");
    }
    if (node->least > node->most) fail("a repeat whose least is above its most");
  }

  PatternNode atom(uint32_t depth) {
    if (take("(")) return group(depth);
    if (take("[")) return characters(in_order(character_class()));
    if (take("\\")) return escape();
    if (take(".")) return characters(all_but({{'\n', '\n'}}));
    if (take("^")) return assertion(PatternAssert::kTextBegins);
    if (take("$")) return assertion(PatternAssert::kLastLineEnds);
    if (repeat_begins()) fail("a repeat of nothing");
    const uint32_t code = take_character();
    return characters({{code, code}});
  }

  PatternNode group(uint32_t depth) {
    PatternNode node;
    node.kind = Kind::kGroup;
    if (take("?")) {
      if (next_is("=") || next_is("!")) fail("a lookahead");
      if (next_is("<=") || next_is("<!")) fail("a lookbehind");
      if (next_is(">")) fail("an atomic group");
      if (next_is("(")) fail("a condition");
      if (next_is("#")) fail("a comment");
      if (next_is("P=")) fail("a backreference");
      if (take("P<")) {
        const size_t end = pattern_.find('>', at_);
        if (end == std::string_view::npos || end == at_) fail("a group without its name");
        at_ = end + 1;
        node.number = ++num_groups_;
      } else if (!take(":")) {
        fail("a flag, or a kind of group that is not known,");
      }
    } else {
      node.number = ++num_groups_;
    }
    node.parts.push_back(alternatives(depth + 1));
    if (!take(")")) fail("a '(' without its ')'");
    return node;
  }

  /// A class such as \d behind the backslash; false when the letter is none.
  bool take_class(Ranges* ranges) {
    struct Named {
      const char* letter;
      const Ranges& ranges;
      bool negated;
    };
    const Named known[] = {{"d", kDigits, false}, {"D", kDigits, true},  {"w", kWords, false},
                           {"W", kWords, true},   {"s", kSpaces, false}, {"S", kSpaces, true}};
    for (const Named& named : known) {
      if (!take(named.letter)) continue;
      const Ranges found = named.negated ? all_but(named.ranges) : named.ranges;
      ranges->insert(ranges->end(), found.begin(), found.end());
      return true;
    }
    return false;
  }

  uint32_t hexadecimal(uint32_t num_digits) {
    uint32_t code = 0;
    for (uint32_t i = 0; i < num_digits; ++i) {
      const char digit = done() ? 'g' : pattern_[at_++];
      const bool is_number = digit >= '0' && digit <= '9';
      const auto letter = static_cast<char>(digit | 0x20);
      if (!is_number && (letter < 'a' || letter > 'f')) fail("a character without its digits");
      code = code * 16 + static_cast<uint32_t>(is_number ? digit - '0' : letter - 'a' + 10);
    }
    if (!is_character(code)) fail("a number of no character");
    return code;
  }

  /// One character behind the backslash.
  uint32_t escaped() {
    if (done()) fail("a backslash at the end");
    if (take("n")) return '\n';
    if (take("t")) return '\t';
    if (take("r")) return '\r';
    if (take("f")) return '\f';
    if (take("v")) return '\v';
    if (take("a")) return '\a';
    if (take("x")) return hexadecimal(2);
    if (take("u")) return hexadecimal(4);
    if (take("U")) return hexadecimal(8);
    const auto letter = static_cast<uint8_t>(pattern_[at_]);
    const bool is_name = (letter | 0x20) >= 'a' && (letter | 0x20) <= 'z';
    if (letter >= '1' && letter <= '9') fail("a backreference");
    if (is_name || letter == '0') fail("the escape '\\" + std::string(1, pattern_[at_]) + "'");
    return take_character();
  }

  PatternNode escape() {
    if (take("b")) return assertion(PatternAssert::kWordEdge);
    if (take("B")) return assertion(PatternAssert::kNoWordEdge);
    if (take("A")) return assertion(PatternAssert::kTextBegins);
    if (take("Z")) return assertion(PatternAssert::kTextEnds);
    Ranges ranges;
    if (!take_class(&ranges)) {
      const uint32_t code = escaped();
      ranges.push_back({code, code});
    }
    return characters(std::move(ranges));
  }

  /// One end of a range, or a class: then false.
  bool class_member(Ranges* ranges, uint32_t* code) {
    if (done()) fail("a '[' without its ']'");
    if (!take("\\")) {
      *code = take_character();
      return true;
    }
    if (take_class(ranges)) return false;
    *code = take("b") ? '\b' : escaped();
    return true;
  }

  Ranges character_class() {
    Ranges ranges;
    const bool negated = take("^");
    for (bool first = true; first || !next_is("]"); first = false) {
      uint32_t low = 0;
      if (!class_member(&ranges, &low)) {
        if (next_is("-") && !next_is("-]")) fail("a range that begins with a class");
        continue;
      }
      uint32_t high = low;
      if (next_is("-") && !next_is("-]")) {
        take("-");
        if (!class_member(&ranges, &high)) fail("a range that ends with a class");
        if (high < low) fail("a range whose end is before its beginning");
      }
      ranges.push_back({low, high});
    }
    take("]");
    return negated ? all_but(ranges) : ranges;
  }

  std::string_view pattern_;
  size_t at_ = 0;
  uint32_t num_groups_ = 0;
};

}  // namespace

PatternTree parse_pattern(std::string_view pattern) { return Parser(pattern).parse(); }

bool may_be_empty(const PatternNode& node) {
  switch (node.kind) {
    case Kind::kCharacters: return false;
    case Kind::kAssert: return true;
    case Kind::kRepeat: return node.least == 0 || may_be_empty(node.parts[0]);
    case Kind::kAlternatives:
      return std::any_of(node.parts.begin(), node.parts.end(), may_be_empty);
    default: return std::all_of(node.parts.begin(), node.parts.end(), may_be_empty);
  }
}

}  // namespace mainspring
