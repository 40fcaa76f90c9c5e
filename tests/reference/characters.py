"""What a character is, by docs/concepts/text.md: texts as lists of characters, and their kinds."""

from __future__ import annotations

import string

# Ranges above ASCII that hold no letter and no space.
CONTROLS = [(0x80, 0x84), (0x86, 0x9F)]
SYMBOLS = [
    *[(0xA1, 0xA9), (0xAB, 0xB1), (0xB4, 0xB4), (0xB6, 0xB8), (0xBB, 0xBB), (0xBF, 0xBF)],
    *[(0xD7, 0xD7), (0xF7, 0xF7), (0x200B, 0x2027), (0x202A, 0x202E), (0x2030, 0x205E)],
    *[(0x2060, 0x206F), (0x20A0, 0x20CF), (0x2190, 0x245F), (0x2500, 0x2BFF)],
    *[(0x2E00, 0x2E7F), (0x3001, 0x3004), (0x3008, 0x3020), (0x3030, 0x3030)],
    *[(0xFE00, 0xFE1F), (0xFE30, 0xFE6F), (0xFEFF, 0xFEFF), (0xFF01, 0xFF0F)],
    *[(0xFF1A, 0xFF20), (0xFF3B, 0xFF40), (0xFF5B, 0xFF65), (0xFFF9, 0xFFFF)],
    (0x1F000, 0x1FAFF),
]


def characters(value: str | bytes) -> list[str]:
    """One string each; a byte that is no UTF-8 is a character of its own (a lone surrogate)."""
    encoded = value.encode() if isinstance(value, str) else value
    return list(encoded.decode("utf-8", "surrogateescape"))


def is_space(character: str) -> bool:
    return character.isspace()


def is_in(character: str, ranges: list[tuple[int, int]]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)


def is_punctuation(character: str) -> bool:
    return character in string.punctuation or is_in(character, SYMBOLS)


def is_letter(character: str) -> bool:
    if character.isascii():
        return character.isalpha()
    none = is_space(character) or is_punctuation(character) or is_in(character, CONTROLS)
    return not none


def is_digit(character: str) -> bool:
    return character.isascii() and character.isdigit()


def is_upper(character: str) -> bool:
    return character.isascii() and character.isupper()


def is_lower(character: str) -> bool:
    return character.isascii() and character.islower()


def is_word(character: str) -> bool:
    return is_letter(character) or is_digit(character) or character == "_"


def words(value: str | bytes) -> list[str]:
    """Runs of letters, digits and _."""
    marked = "".join(c if is_word(c) else " " for c in characters(value))
    return [word for word in marked.split(" ") if word]
