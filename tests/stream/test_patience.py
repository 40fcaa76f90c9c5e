"""How long a sink waits for its broker before the source has to pause for it."""

from __future__ import annotations

from typing import Any

import pytest

from mainspring.stream import KafkaTopic


class SlowProducer:
    """Has something on its way for so long; its clock is the time that it was waited for."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def flush(self, seconds: float) -> int:
        self.left -= seconds
        return int(self.left > 0)


@pytest.mark.parametrize(("seconds", "pauses"), [(0.0, 0), (0.4, 0), (0.55, 0), (1.15, 6)])
def test_source_pauses_for_a_broker_that_is_away_and_not_for_a_slow_one(
    seconds: float, pauses: int
) -> None:
    sink: Any = KafkaTopic("out", servers="nowhere:1")
    sink._producer, calls = SlowProducer(seconds), []
    sink._waiting = lambda: calls.append(1)
    sink.flush({})
    assert len(calls) == pauses
    assert sink._producer.left <= 0
