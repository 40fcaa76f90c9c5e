"""Each statistic, check and limit of the engine is on its page, has an oracle and a summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from mainspring import _engine
from tests.reference import checks as checks_reference
from tests.reference import drift as drift_reference

ROOT = Path(__file__).resolve().parents[2]
ORACLES = {
    "wasserstein_std": drift_reference.wasserstein,
    "missing_rate": drift_reference.share_change,
    "unseen_rate": drift_reference.share_change,
    "label_power": checks_reference.label_power,
    "missing_leak": checks_reference.missing_auc,
}


def page(name: str) -> str:
    return (ROOT / "docs" / "concepts" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("row", _engine.drift_statistics(), ids=lambda row: row["name"])
def test_statistic_when_listed_has_docs_and_oracle(row: dict[str, str]) -> None:
    assert f"| `{row['name']}` |" in page("drift")
    assert row["summary"].endswith(".")
    assert callable(ORACLES.get(row["name"]) or getattr(drift_reference, row["name"]))


@pytest.mark.parametrize("row", _engine.checks(), ids=lambda row: row["name"])
def test_check_when_listed_has_docs(row: dict[str, str]) -> None:
    assert f"| `{row['name']}` |" in page("checks")
    assert row["summary"].endswith(".")


def test_limits_when_listed_are_in_the_docstrings() -> None:
    from mainspring.checks import check
    from mainspring.drift import detect_drift

    for function, rows in ((detect_drift, _engine.drift_limits()), (check, _engine.check_limits())):
        text = " ".join((function.__doc__ or "").split())
        for row in rows:
            assert f"``{row['name']}`` {row['default']:g}" in text
