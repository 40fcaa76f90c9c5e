// Lower, upper and title case of any character, as Unicode 14.0 maps them. The version is part of
// what a bundle says: a table of another one would be other forms, beside these.
#pragma once
#include <cstdint>

namespace mainspring {

/// The values are stored in bundles and never change.
enum class LetterCase : uint8_t { kLower = 1, kUpper = 2, kTitle = 3, kFold = 4 };

inline constexpr uint32_t kMaxCaseCharacters = 3;  // that one character becomes

/// What the character becomes where nothing around it counts: writes 1 to kMaxCaseCharacters of
/// them and returns how many. The bytes of UTF-8 grow to three times as many at most.
uint32_t change_case(LetterCase to, uint32_t code, uint32_t* out) noexcept;

/// Unicode's properties Cased and Case_Ignorable.
bool is_cased(uint32_t code) noexcept;
bool is_case_ignorable(uint32_t code) noexcept;

}  // namespace mainspring
