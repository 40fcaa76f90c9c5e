"""The program on the page of Pulsar, where its client is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import flights
from tests.integrations.pages import programs
from tests.stream.pulsar_broker import PulsarBroker

pytest.importorskip("pulsar", reason="pulsar-client is not installed; run .ci/ecosystem pulsar")
pytest.importorskip("pulsar_lite", reason="pulsar-lite, which has a broker, is not installed")


def test_page_of_pulsar(tmp_path: Path) -> None:
    broker = PulsarBroker(tmp_path)
    try:
        (program,) = programs("pulsar.md")
        exec(program, {**flights.names(), "url": broker.url})
    finally:
        broker.stop()
