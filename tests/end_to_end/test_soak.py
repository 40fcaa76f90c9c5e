"""Fit, predict, serve, swap and stream at once, short always and long with ``-m slow``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.end_to_end.soak import MAX_GROWTH_KIB, Asker, Rounds, soak

pytest.importorskip("starlette")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
@pytest.mark.parametrize("seconds", [4, pytest.param(3600, marks=pytest.mark.slow)])
def test_load_of_all_kinds_leaves_no_error_and_no_memory_behind(
    tmp_path: Path, seconds: float
) -> None:
    outcome = soak(tmp_path, seconds, warm_up=20 if seconds > 60 else 6)
    assert outcome.rounds >= 2
    assert outcome.answers > 10
    assert outcome.grown_kib < MAX_GROWTH_KIB * (1 if seconds > 60 else 4)


def test_asker_when_an_answer_is_another_ends_with_it(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path)
    asker = Asker(rounds.server, {b"{}"})
    asker.start()
    asker.join(30)
    assert asker.wrong in rounds.answers
