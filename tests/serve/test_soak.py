"""Good and bad requests in numbers, short always and long with ``-m slow``; see soak.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serve.soak import MAX_GROWTH_KIB, is_error, soak

COUNTS = [(10_000, 600), pytest.param((1_000_000, 10_000), marks=pytest.mark.slow)]


@pytest.mark.parametrize("path", [[], ["--no-hot-path"]], ids=["hot", "asgi"])
@pytest.mark.parametrize("counts", COUNTS, ids=["short", "10^6 and 10^4"])
def test_requests_leave_no_memory_behind(
    folder: Path, counts: tuple[int, int], path: list[str]
) -> None:
    num_good, num_bad = counts
    bad, good = soak(folder / "two.spring", num_good, num_bad, 1, *path)
    assert bad.statuses.total() == num_bad
    assert bad.statuses[400] > num_bad / 2
    assert good.statuses[200] >= num_good
    assert bad.grown_kib < MAX_GROWTH_KIB
    assert good.grown_kib < MAX_GROWTH_KIB


def test_bodies_that_are_no_errors_are_told_apart() -> None:
    assert is_error(b'{"error": "x"}')
    for body in (b"", b"{", b"{}", b'{"error": "\xff"}', b'{"error": "x", "more": 1}', b"[1]"):
        assert not is_error(body)
