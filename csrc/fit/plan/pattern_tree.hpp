// A regular expression as a tree, between its text and its program.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/steps/pattern.hpp"

namespace mainspring {

inline constexpr uint32_t kUnbounded = ~uint32_t{0};

struct PatternNode {
  enum class Kind { kSequence, kAlternatives, kCharacters, kRepeat, kGroup, kAssert };

  Kind kind = Kind::kSequence;
  std::vector<PatternNode> parts;      // of a repeat and a group: one
  std::vector<CharacterRange> ranges;  // of characters
  uint32_t least = 0, most = 0;        // of a repeat; kUnbounded
  bool lazy = false;                   // of a repeat: rather fewer than more
  uint32_t number = 0;                 // of a group, from 1 on; 0: it is not kept
  PatternAssert assert_kind = PatternAssert::kTextBegins;
};

struct PatternTree {
  PatternNode root;
  uint32_t num_groups = 0;
};

/// Throws PatternFault for what is not a pattern, or not taken.
PatternTree parse_pattern(std::string_view pattern);

/// Whether the node matches the empty text, somewhere.
bool may_be_empty(const PatternNode& node);

}  // namespace mainspring
