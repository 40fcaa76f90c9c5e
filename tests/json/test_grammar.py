"""The grammar against Python's: the same texts are JSON, and strings mean the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.json.probe import check_json, read_string


class StrictError(ValueError):
    """What RFC 8259 does not allow and Python's reader does."""


def refuse(name: str) -> None:
    raise StrictError(name)


def is_json(data: bytes) -> bool:
    """Judge as Python does, but for what Python adds to RFC 8259."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_constant=refuse, parse_int=str, parse_float=str)
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate has no UTF-8
    except (ValueError, RecursionError):
        return False
    return not text.startswith("\ufeff")


def assert_same(data: bytes) -> None:
    code, offset = check_json(data)
    assert (code == 0) == is_json(data), (data, code, offset)
    assert offset <= len(data)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=6), children, max_size=4)
    ),
    max_leaves=20,
)


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_valid_texts_are_accepted(value: object, ascii_only: bool, indent: int | None) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace")
    assert is_json(data)
    assert_same(data)


@settings(max_examples=400)
@given(values, st.data())
def test_mutants_are_judged_as_python_does(value: object, data: st.DataObject) -> None:
    text = bytearray(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    piece = st.sampled_from([*b'{}[],:"\\eE+-.0129nulltruefals \t\n\r', 0, 1, 0x80, 0xC3, 0xFF])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        if data.draw(st.booleans()):
            text[at:at] = bytes([data.draw(piece)])
        else:
            del text[at : at + data.draw(st.integers(1, 3))]
    assert_same(bytes(text))


@settings(max_examples=400)
@given(st.lists(st.sampled_from(list('{}[],:"\\ ue0d8Dfn1-.')), max_size=12))
def test_short_texts_of_punctuation_are_judged_as_python_does(letters: list[str]) -> None:
    assert_same("".join(letters).encode())


@given(st.binary(max_size=12))
def test_bytes_are_judged_as_python_does(data: bytes) -> None:
    assert_same(data)
    assert_same(b'"' + data + b'"')


@given(st.text(), st.booleans())
def test_strings_mean_what_they_mean_in_python(text: str, ascii_only: bool) -> None:
    data = json.dumps(text, ensure_ascii=ascii_only).encode("utf-8", "replace")
    assert read_string(data) == json.loads(data).encode()


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        *((b"", 0), (b" ", 1), (b"{", 1), (b"[1,]", 3), (b'{"a":1,}', 7), (b"[1 2]", 3)),
        *((b"// c\n1", 0), (b"{'a':1}", 1), (b"01", 1), (b"[+1]", 1), (b"0x1", 1), (b".5", 0)),
        *((b"1.", 2), (b"NaN", 0), (b"-Infinity", 1), (b"Infinity", 0), (b"1 1", 2)),
        *((b'"\xff"', 1), (b'"\xc0\x80"', 1), (b'"\\ud800"', 1), (b'"\\udc00\\ud800"', 1)),
        *((b'"\\x"', 1), (b'"\\u12g4"', 1), (b'"a\x01"', 2), (b'"a\x00"', 2), (b'"a', 2)),
        *((b"\xef\xbb\xbf1", 0), ('{"a":1}'.encode("utf-16"), 0), (b"1\x00", 1), (b"tru", 0)),
        *((b"[" * 10**6, 64), (b'{"a":' * 10**6, 320), (b"1" * 5000, 0)),
    ],
)
def test_wrong_texts_are_refused_at_their_byte(data: bytes, offset: int) -> None:
    code, at = check_json(data)
    assert code != 0
    assert at == offset


def test_nesting_of_64_is_read_and_of_65_is_not() -> None:
    assert check_json(b"[" * 64 + b"]" * 64)[0] == 0
    assert check_json(b"[" * 65 + b"]" * 65) != (0, 0)
    mixed = b'{"a":[' * 32 + b"1" + b"]}" * 32
    assert check_json(mixed)[0] == 0
