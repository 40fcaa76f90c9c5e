"""The reader of bodies beside Python's own json, made strict: they agree on whatever is drawn."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from mainspring.serve import create_app
from tests.serve.conftest import ROW

# What docs/security.md states beyond RFC 8259.
MAX_DEPTH = 64  # of a value in a row

PIECES = [
    *("{", "}", "[", "]", ",", ":", '"', "\\", "/", "0", "-", "1", ".5", "e1", "E+2", "1e400"),
    *("null", "true", "false", "NaN", "Infinity", "nul", "\\u0041", "\\ud83d\\ude00", "\\ud800"),
    *("\\udc00", "\\x", "\\u12", "\\b\\f\\n\\r\\t\\/", "\x00", "\x1f", "\x7f", "\u00e9"),
    *("\U0001f600", "-0"),
    *(" ", "\t", "\n", "\r", "\x0b", "\u00a0", "\ufeff", "//", "'", "01", "+1", "0x1", "1.", "1e"),
]  # fmt: skip


def is_strict(text: bytes) -> bool:
    """Whether the bytes are strict JSON (RFC 8259), as Python reads them."""

    def refuse(word: str) -> Any:
        raise ValueError(word)

    try:
        decoded = text.decode("utf-8")
        if decoded.startswith("\ufeff"):
            return False
        value = json.loads(decoded, parse_constant=refuse, parse_int=float)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # no lone surrogates
    except (ValueError, RecursionError):
        return False
    return True


def depth(text: str) -> int:
    return max(
        (text[:end].count("[") + text[:end].count("{") for end in range(len(text))), default=0
    )


def drawn(draw: random.Random, left: int) -> str:
    """A value, most often a right one."""
    match draw.randrange(9 if left else 5):
        case 0:
            return draw.choice(["null", "true", "false"])
        case 1:
            return str(draw.randrange(-(10**6), 10**6))
        case 2:
            return repr(draw.uniform(-1, 1) * 10.0 ** draw.randrange(-300, 300))
        case 3:
            return json.dumps("".join(draw.choice('a\u00e9\U0001f600\n"\\/') for _ in range(5)))
        case 4:
            return draw.choice(PIECES)
        case 5 | 6:
            inner = [drawn(draw, left - 1) for _ in range(draw.randrange(4))]
            return "[" + draw.choice([",", " , "]).join(inner) + "]"
        case _:
            names = [json.dumps(str(number)) for number in range(draw.randrange(4))]
            return "{" + ",".join(f"{name}:{drawn(draw, left - 1)}" for name in names) + "}"


def mutated(data: bytes, draw: random.Random) -> bytes:
    for _ in range(draw.randrange(3)):
        at = draw.randrange(len(data) + 1)
        match draw.randrange(4):
            case 0:
                data = data[:at] + draw.choice(PIECES).encode() + data[at:]
            case 1:
                data = data[:at] + data[at + draw.randrange(1, 4) :]
            case 2:
                data = data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
            case _:
                data = data[:at]
    return data


@pytest.fixture(scope="module")
def server(folder: Path) -> Any:
    return create_app({"two": folder / "two.spring"}).state.server


def answer(server: Any, body: bytes) -> Any:
    return server.answer("/predict", "", {b"content-type": b"application/json"}, body)


@pytest.mark.parametrize(
    "count", [8000, pytest.param(400_000, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_reader_takes_what_strict_json_is_and_nothing_else(server: Any, count: int) -> None:
    """The text stands where no column reads it, so that syntax alone decides."""
    draw = random.Random(count)
    known = json.dumps(ROW)[1:].encode()
    taken = 0
    for _ in range(count):
        text = mutated(drawn(draw, 4).encode(), draw)
        body = b'{"other":' + text + b"," + known
        status = answer(server, body).status
        if is_strict(body):
            # Text that closes the row and opens another object may name a column twice.
            value = json.loads(body, object_pairs_hook=lambda pairs: pairs)
            names = [name for name, _ in value]
            is_row = (
                all(names.count(name) == 1 for name in ROW) and depth(text.decode()) < MAX_DEPTH
            )
            assert not is_row or status == 200, body
            taken += status == 200
        else:
            assert status == 400, body
    assert count / 4 < taken < count


@pytest.mark.parametrize("inner", [MAX_DEPTH, MAX_DEPTH + 1])
@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_depth_that_is_read_ends_where_the_page_says(server: Any, inner: int, pair: str) -> None:
    text = pair[:-1] * inner + "1" + pair[-1] * inner
    body = f'{{"other":{text},{json.dumps(ROW)[1:]}'.encode()
    assert is_strict(body)
    assert answer(server, body).status == (200 if inner <= MAX_DEPTH else 400)


def number_texts(draw: random.Random, count: int) -> list[str]:
    texts = ["0", "-0", "-0.0", "5e-324", "2.4703282292062327e-324", "1.7976931348623157e308"]
    texts += ["9007199254740993", "0.1e1", "1E+00", "123456789012345678901234567890"]
    texts += ["2.2250738585072011e-308", "1e-999", "0e999", "0." + "0" * 400 + "1"]
    while len(texts) < count:
        digits = "".join(draw.choice("0123456789") for _ in range(draw.randrange(1, 40)))
        text = draw.choice(["", "-"]) + (digits.lstrip("0") or "0")
        if draw.random() < 0.7:
            text += "." + "".join(draw.choice("0123456789") for _ in range(draw.randrange(1, 40)))
        if draw.random() < 0.6:
            text += draw.choice("eE") + draw.choice(["", "+", "-"]) + str(draw.randrange(330))
        texts.append(text)
    return texts


def test_numbers_have_the_bits_that_python_reads(server: Any) -> None:
    """Beside the same number as Python writes it: the shortest text of its bits."""
    known = json.dumps({name: value for name, value in ROW.items() if name != "distance"})[1:]
    for text in number_texts(random.Random(5), 3000):
        body = f'{{"distance":{text},{known}'.encode()
        value = float(text)
        if math.isinf(value):
            assert answer(server, body).status == 400
            continue
        same = f'{{"distance":{value!r},{known}'.encode()
        found = answer(server, body)
        assert (found.status, found.body) == (200, answer(server, same).body), text
