"""A bundle that nobody vouches for is not opened, where the host wants to be asked."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CDLL, byref, c_uint64, c_void_p, sizeof, string_at

import numpy as np
import pytest

from mainspring import pack
from tests.bundle.sample import sample_bundle
from tests.edge import library as edge

FILE = sample_bundle(lists=False)
Check = Callable[[bytes, bytes], bool]


def opened(
    library: CDLL, file: bytes, signature: bytes | None, check: Check | None
) -> tuple[int, int | None]:
    """Return the code and the handle of mainspring_open."""

    def verify(context: int, at: int, length: int, mark: int, mark_length: int) -> int:
        assert context == 7
        assert check is not None
        return int(check(string_at(at, length), string_at(mark, mark_length)))

    options = edge.Options(sizeof(edge.Options))
    memory, arena = edge.aligned(len(file)), edge.aligned(1024)
    memory[:] = np.frombuffer(file, np.uint8)
    mark = np.frombuffer(signature or b"", np.uint8)
    if signature is not None:
        options.signature, options.signature_bytes = mark.ctypes.data, len(mark)
    if check is not None:
        options.verify, options.context = edge.Verifier(verify), 7
    handle, where = c_void_p(), c_uint64(9)
    code = library.mainspring_open(
        memory.ctypes.data,
        len(memory),
        byref(options),
        arena.ctypes.data,
        len(arena),
        byref(handle),
        byref(where),
    )
    assert where.value == 0
    return code, handle.value


def test_bundle_is_opened_when_the_host_vouches_for_it(library: CDLL) -> None:
    seen = []
    code, handle = opened(library, FILE, b"mark", lambda *given: not seen.append(given))
    assert (code, seen) == (edge.OK, [(FILE, b"mark")])
    assert handle


def test_bundle_is_opened_unasked_without_a_verifier(library: CDLL) -> None:
    assert opened(library, FILE, None, None)[0] == edge.OK
    assert opened(library, FILE, b"mark", None)[0] == edge.OK


def test_bundle_when_not_vouched_for_is_refused_before_it_is_read(library: CDLL) -> None:
    def refuse(file: bytes, signature: bytes) -> bool:
        return False

    assert opened(library, FILE, b"mark", refuse) == (edge.UNTRUSTED, None)
    assert opened(library, b"no bundle", b"mark", refuse) == (edge.UNTRUSTED, None)
    assert b"trust" in library.mainspring_message(edge.UNTRUSTED)


def test_bundle_when_unsigned_is_refused_without_asking(library: CDLL) -> None:
    def fail(file: bytes, signature: bytes) -> bool:
        raise AssertionError("there is nothing to verify")

    assert opened(library, FILE, None, fail) == (edge.UNTRUSTED, None)


def test_options_of_the_first_version_ask_nobody(library: CDLL) -> None:
    code, _ = edge.size(library, FILE, edge.Options(8, edge.BASELINE))
    assert code == edge.OK
    assert edge.open_bundle(library, FILE, edge.BASELINE).handle


def test_ed25519_signature_is_checked_by_the_host(library: CDLL) -> None:
    keys = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    from cryptography.exceptions import InvalidSignature

    key = keys.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

    def verify(file: bytes, signature: bytes) -> bool:
        try:
            key.public_key().verify(signature, file)
        except InvalidSignature:
            return False
        return True

    signature = pack.sign(FILE, pem)
    assert opened(library, FILE, signature, verify)[0] == edge.OK
    changed = FILE[:-1] + bytes([FILE[-1] ^ 1])
    assert opened(library, changed, signature, verify)[0] == edge.UNTRUSTED
