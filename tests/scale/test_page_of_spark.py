"""The program on the page of Spark, where Spark is installed."""

from __future__ import annotations

import sys

import pytest

from tests.docs import flights
from tests.integrations.pages import programs

# What engines say of themselves and of each other is not for us to mend.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}")
    for kind in ("DeprecationWarning", "FutureWarning", "ResourceWarning")
]
pytest.importorskip("pyspark", reason="Spark is not installed; run .ci/ecosystem spark")


def test_page_of_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)  # the page sets it: put back afterwards
    (program,) = programs("spark.md")
    exec(program, flights.names())
