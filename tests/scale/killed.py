"""A worker that dies while it learns, on engines that start another one for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainspring.scale.passes import FitPass, StatePass
from mainspring.scale.worker import Worker
from mainspring.transforms.sharded_fit import ShardedFit
from tests.scale.conformance import PARTS, TABLE, learnt
from tests.scale.engines import Engine
from tests.scale.sample import two_passes

__all__ = ["test_fit_when_a_worker_is_killed_has_the_same_bits"]


@dataclass(frozen=True)
class Killed:
    """A pass that kills its process, once, before it learns from the partition."""

    work: StatePass
    number: int
    seen: str

    @property
    def columns(self) -> list[str] | None:
        return self.work.columns

    def learn(self, number: int, *partitions: Any) -> bytes:
        if number == self.number and not Path(self.seen).exists():
            Path(self.seen).write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return self.work.learn(number, *partitions)

    def merge(self, states: Iterable[bytes]) -> bytes:
        return self.work.merge(states)


def test_fit_when_a_worker_is_killed_has_the_same_bits(engine: Engine, tmp_path: Path) -> None:
    prep = two_passes()
    cluster = engine.opened(engine.data(PARTS))
    with ShardedFit(prep, "y") as fit:
        fit.begin(cluster.schema.empty_table())
        for number in range(fit.num_passes):
            work = FitPass(
                Worker.here(), fit.base(), fit.columns, cluster.schema, "y", fit.profiled
            )
            seen = tmp_path / str(number)
            fit.end_pass(cluster.reduce(Killed(work, number + 1, str(seen))))
            assert int(seen.read_text()) != os.getpid()
        fit.finish()
    expected = two_passes().fit(engine.as_read(PARTS), target="y")
    assert learnt(prep) == learnt(expected)
    assert TABLE.num_rows == expected.profile.num_rows
