// The payload of the step extract: a regular expression as a program, which fit/plan/pattern.cpp
// writes.
//
// The program runs over a text once, all of its threads side by side, so its time is at most the
// length of the text times that of the program (K. Thompson, 1968, doi:10.1145/363347.363387; with
// the bounds of a group as R. Pike's editor sam kept them: R. Cox, "Regular Expression Matching:
// the Virtual Machine Approach", 2009).
#pragma once
#include <cstdint>

namespace mainspring {

enum class PatternOp : uint32_t {
  kMatch = 0,
  kCharacters = 1,  // the character lies in one of ranges [a, a + b); then the next instruction
  kSplit = 2,       // instruction a; instruction b where that does not lead to a match
  kJump = 3,        // instruction a
  kBegin = 4,       // the group begins here
  kEnd = 5,         // the group ends here
  kAssert = 6,      // goes on where a, a PatternAssert, holds
};

enum class PatternAssert : uint32_t {
  kTextBegins = 1,
  kTextEnds = 2,
  kLastLineEnds = 3,  // at the end, or before a line feed that ends the text
  kWordEdge = 4,      // one side is a letter of ASCII, a digit or _, the other is not
  kNoWordEdge = 5,
};

/// Then follow the instructions, then the ranges.
struct PatternHeader {
  uint32_t num_instructions;  // at most kMaxPatternInstructions
  uint32_t num_ranges;
};
static_assert(sizeof(PatternHeader) == 8);

struct PatternInstruction {
  uint32_t op;  // PatternOp
  uint32_t a;
  uint32_t b;
};
static_assert(sizeof(PatternInstruction) == 12);

/// Characters from `first` to `last`.
struct CharacterRange {
  uint32_t first;
  uint32_t last;
};

/// Threads of a program lie on the stack.
inline constexpr uint32_t kMaxPatternInstructions = 256;

}  // namespace mainspring
