"""A few models of the soak; the long form is a thousand of them."""

from __future__ import annotations

import random

import pytest

from tests.models import soak


@pytest.mark.parametrize("number", range(10))
def test_drawn_model_is_its_librarys(number: int) -> None:
    kind, what = soak.check(number)
    assert kind in soak.CHECKS
    assert what


@pytest.mark.slow
def test_a_thousand_drawn_models_are_their_librarys(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["--models", "1000"]) == 0
    assert "1000 models alike" in capsys.readouterr().out


def test_soak_when_a_model_differs_says_which_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def differ(draw: random.Random) -> str:
        assert draw.random() < 0, "one bit"
        return ""

    monkeypatch.setattr(soak, "CHECKS", {"dense": differ})
    assert soak.main(["--models", "2", "--first", "7"]) == 1
    out = capsys.readouterr().out
    assert "model 7 differs: one bit" in out
    assert "0 models alike (), 2 different" in out
