"""The gate: says which ratios have become worse than the recorded ones.

``python -m bench.compare RESULT.json ...`` compares ratios of runs with the recorded runs of as
many threads and ends with 1 where one has become worse, or where a goal is missed that was met.
Times are never compared: they are the machine's, ratios were measured within one run. They depend
on the processor, though less: where this one has a recorded run, others do not count. Of several
results for as many threads the best of each pair counts, so a second run settles a doubt.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import results
from bench.claims import CLAIMS, find
from bench.report import RECORDED, read_recorded

__all__ = ["best_of", "complaints", "main", "missed_goals", "worse_ratios"]

TOLERANCE = 0.3
Document = dict[str, Any]


def worse_ratios(run: Document, recorded: Document, tolerance: float = TOLERANCE) -> list[str]:
    """Name the pairs whose whole interval lies below the recorded ratio less the tolerance."""
    now = {results.key(record): record for record in run["records"]}
    return [
        f"{claim}: {case}, {peer}: {new['median']:.2f} x [{new['low']:.2f}, {new['high']:.2f}], "
        f"recorded {old['median']:.2f} x"
        for (claim, case, peer), new, old in _pairs(now, recorded)
        if new["high"] < old["median"] * (1 - tolerance)
    ]


def _pairs(now: dict[Any, Any], recorded: Document) -> Iterator[tuple[Any, Any, Any]]:
    for record in recorded["records"]:
        found = now.get(results.key(record))
        if found is not None and found["kind"] == record["kind"] == "pair":
            clock = results.clock(recorded)
            yield results.key(record), found["ratio"][clock], record["ratio"][clock]


def missed_goals(run: Document, recorded: Document) -> list[str]:
    """Name the goals that the recorded run met and this one does not."""
    found = []
    for claim in CLAIMS:
        for goal in claim.goals:
            now = find(run["records"], claim.name, goal.case, goal.peer)
            before = find(recorded["records"], claim.name, goal.case, goal.peer)
            if now is None or before is None or not goal.is_met(before) or goal.is_met(now):
                continue
            found.append(f"{claim.name}: {goal.text}: {goal.number(now):.3g}")
    return found


def best_of(runs: Sequence[Document]) -> Document:
    """Return the first run with the best that any of them measured of each pair and value."""
    best: dict[Any, Any] = {}
    clock = results.clock(runs[0])
    for record in (record for run in runs for record in run["records"]):
        name = results.key(record)
        if name not in best or _merit(record, clock) > _merit(best[name], clock):
            best[name] = record
    return {**runs[0], "records": list(best.values())}


def _merit(record: dict[str, Any], clock: str) -> float:
    if record["kind"] == "pair":
        return float(record["ratio"][clock]["median"])
    return -float(record["ours"])


def complaints(run: Document, recorded: Sequence[Document], tolerance: float) -> list[str]:
    """Say what has become worse in a run."""
    alike = [old for old in recorded if old["threads"] == run["threads"]]
    here = [old for old in alike if old["machine"]["cpu"] == run["machine"]["cpu"]]
    found = []
    for old in here or alike:
        found += worse_ratios(run, old, tolerance)
        if run["threads"] == 1:
            found += missed_goals(run, old)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("results", nargs="+", type=Path)
    parser.add_argument("--recorded", type=Path, default=RECORDED)
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, metavar="SHARE")
    given = parser.parse_args(arguments)
    try:
        recorded = read_recorded(given.recorded)
        runs = [results.read(path) for path in given.results]
    except (OSError, ValueError) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    alike = [[run for run in runs if run["threads"] == n] for n in {run["threads"] for run in runs}]
    best = [best_of(group) for group in alike]
    worse = [text for run in best for text in complaints(run, recorded, given.tolerance)]
    compared = sum(len(run["records"]) for run in best)
    for text in worse:
        print(f"worse: {text}")
    print(f"{compared} results compared, {len(worse)} worse")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
