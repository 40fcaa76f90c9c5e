// Regular expressions to the programs that the step extract runs: the grammar of Python's re, as
// far as it can be matched in linear time.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mainspring {

/// What a pattern has that is not taken: a sentence without its end, "a backreference at byte 3".
struct PatternFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The payload of the step (runtime/steps/pattern.hpp) that finds a group; 0 is all of the match.
/// Throws PatternFault. Letters, digits and white space of \w, \d and \s are those of ASCII.
std::vector<uint8_t> compile_pattern(std::string_view pattern, int64_t group);

}  // namespace mainspring
