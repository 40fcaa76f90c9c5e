"""Everything at once, for as long as wanted: ``python -m tests.end_to_end.soak --seconds 3600``.

Each round fits and merges transforms, writes and reads a bundle, swaps it in a server that is being
asked, predicts batches and rows, streams events, profiles, looks for drift and checks. Answers must
be those of the first round, and memory must stay. ``python -m tests.end_to_end.soak`` under a
sanitizer's build finds what a test that runs once does not; .ci/sanitize names the builds.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa

import mainspring as ms
from mainspring import col
from mainspring.serve import create_app

# Rounds before memory is looked at: pools, caches and thread stacks are there by then.
WARM_UP = 20
MAX_GROWTH_KIB = 2048
NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
JSON = {b"content-type": b"application/json"}


@dataclass
class Outcome:
    """How many rounds there were, how many answers of the server, and what memory did."""

    rounds: int = 0
    answers: int = 0
    grown_kib: int = 0
    quarters_kib: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        way = ", ".join(f"{kib:+,}" for kib in self.quarters_kib)
        return (
            f"{self.rounds:,} rounds, {self.answers:,} answers; "
            f"memory {self.grown_kib:+,} KiB, by quarters {way}"
        )


def table_of(seed: int, rows: int = 2000) -> pa.Table:
    """Make a table with a number, a category, a time and a label."""
    random = np.random.default_rng(seed)
    wind = random.gamma(2.0, 5.0, rows)
    return pa.table(
        {
            "wind": pa.array(wind, mask=random.random(rows) < 0.05),
            "carrier": random.choice(["UA", "AA", "DL", None], rows),
            "at": pa.array(random.integers(0, 10**9, rows), pa.timestamp("s")),
            "late": (wind > 11).astype(np.int8),
        }
    )


def preprocessor() -> ms.Preprocessor:
    """Return transforms that have not been fitted; all of them learn in one pass."""
    return ms.Preprocessor(
        col("wind").impute("mean").standardize(),
        col("carrier").ordinal(),
        col("carrier").target_mean().alias("carrier_late"),
        col("at").datetime("hour"),
    )


class Asker(threading.Thread):
    """Somebody who asks a server all the time, and wants one of two answers."""

    def __init__(self, server: Any, allowed: set[bytes]) -> None:
        super().__init__(daemon=True)
        self.server, self.allowed = server, allowed
        self.answers, self.wrong = 0, b""
        self.ended = threading.Event()

    def run(self) -> None:
        body = json.dumps([{"wind": 12.5, "carrier": "UA", "at": 10**9}] * 3).encode()
        while not self.ended.is_set() and not self.wrong:
            reply = self.server.answer("/predict", "", JSON, body)
            self.answers += 1
            if reply.status != 200 or bytes(reply.body) not in self.allowed:
                self.wrong = bytes(reply.body)


class Rounds:
    """The load, and what its results must be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = [table_of(seed) for seed in range(3)]
        self.whole = pa.concat_tables(self.tables)
        prep = preprocessor()
        label = self.whole["late"].to_numpy()
        data = lightgbm.Dataset(prep.fit_transform(self.whole, target="late"), label)
        parameters = {"objective": "binary", "verbose": -1, "num_threads": 1}
        self.models = [lightgbm.train(parameters, data, rounds) for rounds in (5, 10)]
        self.bundles = [ms.Predictor(model, prep, name="late").to_bytes() for model in self.models]
        self.scores = [ms.Predictor.from_bytes(b).predict(self.whole) for b in self.bundles]
        row = [{"wind": 12.5, "carrier": "UA", "at": 10**9}] * 3
        self.answers = {
            json.dumps({"outputs": ["probability"], "predictions": [float(s) for s in scores]})
            .replace(" ", "")
            .encode()
            for scores in (ms.Predictor.from_bytes(b).predict(row) for b in self.bundles)
        }
        self.put(0)
        self.app = create_app(repository=folder)
        self.server = self.app.state.server
        clicks = ms.events("clicks", key="user", time="at", ttl="1h")
        self.plans = ms.history.HistoryPlans.of(clicks.window("10min").count()).fit(
            {"clicks": [{"user": 1, "at": NOON}]}
        )
        self.state = ms.HistoryState(self.plans)

    def put(self, number: int) -> None:
        """Replace the model of the folder, whole or not at all."""
        new = self.folder / "next"
        new.write_bytes(self.bundles[number % 2])
        new.replace(self.folder / "late.spring")

    def once(self, number: int) -> None:
        """Do everything once."""
        which = number % 2
        parts = [preprocessor().partial_fit(part, target="late") for part in self.tables]
        merged = parts[2].merge(parts[0]).merge(parts[1])
        assert (
            ms.Predictor(self.models[which], merged, name="late").to_bytes()
            == (self.bundles[which])
        )
        self.put(number)
        self.server.repository.scan()
        predictor = ms.load(self.folder / "late.spring")
        assert (predictor.predict(self.whole) == self.scores[which]).all()
        score = predictor.scorer()
        first = self.whole.slice(0, 50).to_pylist()
        assert [score(row) for row in first] == self.scores[which][:50].tolist()
        at = NOON + timedelta(minutes=number)
        events = [{"user": user, "at": at} for user in range(100)]
        assert self.state.ingest(events, now=at)["taken"] == 100
        assert list(self.state.query(7, at=at + timedelta(seconds=1)).values()) == [
            min(number + 1, 10)
        ]
        self.state.evict(at)
        assert predictor.profile is not None
        assert not ms.detect_drift(predictor.profile, self.tables[0]).drifted
        assert not ms.check(self.whole.drop_columns(["at"]), target="late").ok
        assert len(predictor.explain(self.tables[0].slice(0, 20)).values) == 20


def held_kib() -> int:
    """Return the memory that this process holds, without what its allocators keep for later.

    What several threads free in another order than they took it stays in their arenas: some MiB
    within an hour, all of which comes back here; Arrow's pool has segments of its own. What nobody
    frees does not come back. Pages of files (libraries, mapped bundles) come and go as the system
    has room, and belong to nobody.
    """
    gc.collect()
    pa.default_memory_pool().release_unused()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (anonymous,) = (line for line in status if line.startswith("RssAnon:"))
    return int(anonymous.split()[1])


def fill_names() -> None:
    """Let Python make its table of interned strings as large as it becomes.

    pathlib interns each part of a path; those that are gone leave gaps, and some 18,000 paths later
    the table is made anew, once, with 2 to 3 MiB more.
    """
    for number in range(1 << 18):
        sys.intern(f"soak {number}")


def soak(folder: Path, seconds: float, warm_up: int = WARM_UP) -> Outcome:
    """Go on for so many seconds after the warm-up; AssertionError where something is wrong."""
    rounds, outcome = Rounds(folder), Outcome()
    asker = Asker(rounds.server, rounds.answers)
    asker.start()
    try:
        for number in range(warm_up):
            rounds.once(number)
        fill_names()
        before, start = held_kib(), time.monotonic()
        for quarter in range(1, 5):
            while time.monotonic() < start + seconds * quarter / 4 or outcome.rounds < 2:
                rounds.once(warm_up + outcome.rounds)
                outcome.rounds += 1
                assert not asker.wrong, asker.wrong
            outcome.quarters_kib.append(held_kib() - before)
        outcome.grown_kib = outcome.quarters_kib[-1]
    finally:
        asker.ended.set()
        asker.join(30)
        rounds.server.stop()
    outcome.answers = asker.answers
    return outcome


def main() -> None:
    """Soak and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.end_to_end.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    with tempfile.TemporaryDirectory() as folder:
        outcome = soak(Path(folder), parser.parse_args().seconds)
    print(outcome)
    assert outcome.grown_kib < MAX_GROWTH_KIB, "memory grows"


if __name__ == "__main__":
    main()
