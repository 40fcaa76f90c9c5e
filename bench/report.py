"""docs/performance.md and the README's table, written from bench/recorded.json.

``python -m bench.report`` writes both; ``python -m bench.report RESULT.json ...`` takes the results
of these runs as the recorded ones first, one for each number of threads. With ``--part`` they
replace what was recorded of their claims alone on the same processor, and every run keeps its date,
commit and machine: what another processor measured of the same claim stands beside it.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from bench import results
from bench.claims import CLAIMS, README_ROWS, Claim, find
from bench.goal import ratio, short

__all__ = ["RECORDED", "main", "page", "read_recorded", "readme_table", "with_table"]

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "bench" / "recorded.json"
PAGE = ROOT / "docs" / "performance.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- measured: python -m bench.report -->", "<!-- end of measured -->"

Document = dict[str, Any]
Record = Mapping[str, Any]


def read_recorded(path: Path = RECORDED) -> list[Document]:
    """Return the recorded runs, fewest threads first; each claim is in one of as many threads."""
    runs: list[Document] = json.loads(path.read_text(encoding="utf-8"))["runs"]
    for run in runs:
        wrong = results.complaints(run)
        if wrong:
            raise ValueError(f"{path}: {wrong[0]}")
    return sorted(runs, key=lambda run: run["threads"])


def page(runs: Sequence[Document]) -> str:
    """Return the text of docs/performance.md."""
    parts = [_HEAD.format(machines=_machines(runs))]
    parts.append(_goal_table(runs))
    parts += [_claim_section(claim, runs) for claim in CLAIMS]
    parts += [_TAIL, _RUNS + _run_table(runs)]
    return "\n".join(parts)


_HEAD = """# Performance

<!-- Written by python -m bench.report from bench/recorded.json; edit neither by hand. -->

Both sides of a pair take turns in one process, on the same data with the same number of threads,
after their results have been compared. Times are CPU times for one thread and wall times for more:
the median of the turns, half the range of their middle half, and in parentheses the smallest. A
ratio above 1 says that mainspring is faster; it is the median of the ratios of neighbouring turns,
in brackets the interval that holds it with 95 %. Cells that are lost are shown like the others. How
to measure again, and how to add a claim: [adding/benchmark.md](adding/benchmark.md). Every
result is in [recorded.json](../bench/recorded.json), with its commit, date and machine, under the
name of the file that measures it; the [runs](#runs) stand at the end of this page.

{machines}
"""
_TAIL = """## The first ten minutes

Somebody has a LightGBM model and a Parquet file, an empty machine, and the README. `python -m
bench.first_minutes WHEEL` goes the way of [the guide](guides/from-lightgbm.md). Wall times on
2026-11-27, on two cores that other work kept busy (load 12):

| step | time |
|---|---|
| an empty virtual environment | 16.8 s |
| `pip install` of a wheel with the extra `serve`, packages from an index | 32.8 s |
| `mainspring doctor serve` | 1.3 s |
| `mainspring convert` of the model, with a profile of the table | 1.4 s |
| `mainspring serve`, to its first answer | 1.0 s |
| `mainspring drift` against a week that is windier, with its page | 1.8 s |

Without a wheel pip compiles the engine first: two to three minutes on two cores. By hand, in a
terminal of 60 columns and with wrong files between, it took 71 s from the empty environment to the
first report of drift, 65 s of them to install. Nothing after that needs a network.

## What the numbers cannot say

Times depend on the machine, and on what else it does; ratios much less. *Of memory speed* compares
the Arrow bytes that must be read plus the bytes that must be written with a plain copy in the same
run: near 100 % nothing but memory is left to wait for.
"""
_RUNS = """## Runs

When what stands above was measured. A commit with a plus had changes beside it; the load is the
machine's in the minute before, and one thread copied memory at the rate of the last column.

"""


def _processors(runs: Sequence[Document]) -> list[str]:
    """Return the processors that something was measured on, the one that most was on first."""
    counts = Counter[str]()
    for run in runs:
        counts[run["machine"]["cpu"]] += len(run["records"])
    return [name for name, _ in counts.most_common()]


def _letter(run: Document, runs: Sequence[Document]) -> str:
    return ascii_uppercase[_processors(runs).index(run["machine"]["cpu"])]


def _machines(runs: Sequence[Document]) -> str:
    """Return a sentence about each machine, as its newest run found it."""
    found = []
    for name in _processors(runs):
        run = max(
            (run for run in runs if run["machine"]["cpu"] == name), key=lambda run: run["date"]
        )
        mark = f"Machine {_letter(run, runs)}: " if len(_processors(runs)) > 1 else ""
        found.append(mark + _machine(run))
    return "\n\n".join(found)


def _machine(run: Document) -> str:
    machine, engine = run["machine"], run["engine"]
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['cache_mib']:.0f} MiB of cache, "
        f"{machine['memory_gib']} GiB of memory, {machine['system']}; {engine['compiler']}, "
        f"instruction set {engine['isa']}. "
        + ", ".join(f"{name} {version}" for name, version in run["versions"].items())
        + "."
    )


def _run_table(runs: Sequence[Document]) -> str:
    rows = [
        (
            f"{run['threads']}",
            _letter(run, runs),
            run["mode"],
            run["date"],
            run["commit"],
            f"{run['machine']['load']:g}",
            f"{run['bandwidth'] / 1e9:.1f} GB/s",
        )
        for run in runs
    ]
    head = ("threads", "machine", "run", "date", "commit", "load before", "copy by one thread")
    return _table(head, rows)


def _records(runs: Sequence[Document], processor: str | None = None) -> list[Record]:
    """Return what was measured with one thread, on one processor or first on the main one."""
    order = _processors(runs)
    return [
        record
        for run in sorted(runs, key=lambda run: order.index(run["machine"]["cpu"]))
        if run["threads"] == 1 and processor in (None, run["machine"]["cpu"])
        for record in run["records"]
    ]


def _goal_table(runs: Sequence[Document]) -> str:
    several = len(_processors(runs)) > 1
    head = ["claim", "goal"]
    for letter in ascii_uppercase[: len(_processors(runs))]:
        head += [f"measured on {letter}" if several else "measured", "met"]
    rows = []
    measured = [_records(runs, name) for name in _processors(runs)]
    met = [Counter[bool]() for _ in measured]
    for claim in CLAIMS:
        for goal in claim.goals:
            row = [f"[{claim.title}](#{_anchor(claim.title)})", goal.text]
            for records, count in zip(measured, met, strict=True):
                record = find(records, claim.name, goal.case, goal.peer)
                if record is None:
                    row += ["not measured", ""]
                else:
                    count[goal.is_met(record)] += 1
                    row += [goal.words(record), "yes" if goal.is_met(record) else "**no**"]
            rows.append(row)
    counts = [
        f"{count[True]} of the {count.total()} measured" + (f" on {letter}" if several else "")
        for letter, count in zip(ascii_uppercase, met, strict=False)
    ]
    told = " and ".join([", ".join(counts[:-1])] * (len(counts) > 1) + counts[-1:])
    text = f"One thread, where the goal names no more. Met: {told}; what is missed is in bold."
    return f"## Goals\n\n{text}\n\n{_table(head, rows)}"


def _anchor(title: str) -> str:
    """Return how a page links to one of its titles."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _claim_section(claim: Claim, runs: Sequence[Document]) -> str:
    parts = [f"## {claim.title}\n", f"{claim.text} {_links(claim)}\n"]
    found = False
    for run in runs:
        records = [record for record in run["records"] if record["claim"] == claim.name]
        if not records:
            continue
        found = True
        if len(runs) > 1:
            several = sum(other["threads"] == run["threads"] for other in runs) > 1
            where = f", commit {run['commit']}" if several else ""
            if len(_processors(runs)) > 1:
                where += f", machine {_letter(run, runs)}"
            parts.append(f"{_threads(run['threads'])}{where}:\n")
        pairs = [record for record in records if record["kind"] == "pair"]
        values = [record for record in records if record["kind"] == "value"]
        if pairs:
            parts.append(_pair_table(pairs, run))
        if values:
            parts.append(_value_table(values))
    if not found:
        parts.append("not measured\n")
    return "\n".join(parts)


def _links(claim: Claim) -> str:
    file = f"bench_{claim.name}.py"
    recorded = "[recorded.json](../bench/recorded.json)"
    return f"Measured by [{file}](../bench/{file}), recorded in {recorded}."


def _threads(count: int) -> str:
    return "One thread" if count == 1 else f"{count} threads"


def _pair_table(records: Sequence[Record], run: Document) -> str:
    clock = results.clock(run)
    rows = []
    for record in records:
        found = record["ratio"][clock]
        share = record["bandwidth_share"]
        rows.append(
            (
                record["case"],
                f"{record['peer']}: {record['api']}",
                _spread(record["ours"][clock]),
                _spread(record["theirs"][clock]),
                f"{ratio(found['median'])} [{ratio(found['low'])}, {ratio(found['high'])}]",
                "" if share is None else f"{100 * share:.0f} %",
            )
        )
    time = "CPU time" if clock == "cpu" else "wall time"
    head = ("case", "peer", f"mainspring, {time}", f"peer, {time}", "ratio", "of memory speed")
    return _table(head, rows)


def _value_table(records: Sequence[Record]) -> str:
    def told(number: float, record: Record) -> str:
        return f"{short(number)} {record['unit']}".strip()

    rows = [
        (
            record["case"],
            told(record["ours"], record),
            ""
            if record["theirs"] is None
            else f"{record['peer']}: {told(record['theirs'], record)}",
        )
        for record in records
    ]
    columns = 3 if any(row[2] for row in rows) else 2
    head = ("case", "mainspring", "peer")[:columns]
    return _table(head, [row[:columns] for row in rows])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _spread(times: Mapping[str, float]) -> str:
    half = (times["q3"] - times["q1"]) / 2
    percent = 100 * half / times["median"] if times["median"] else 0.0
    return f"{_time(times['median'])} ± {percent:.0f} % ({_time(times['min'])})"


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{short(seconds / size)} {unit}"
    return f"{short(seconds / 1e-9)} ns"


def _cpu(run: Document) -> str:
    return str(run["machine"]["cpu"])


def readme_table(runs: Sequence[Document]) -> str:
    """Return the README's table, of one processor.

    It is the one that has measured most of its rows with one thread, and of several such the one
    that measured last.
    """
    alone = [run for run in runs if run["threads"] == 1]

    def known(cpu: str) -> int:
        records = _records(alone, cpu)
        rows = (find(records, claim, case, peer) for claim, case, peer, _ in README_ROWS)
        return sum(record is not None for record in rows)

    # Where two have the same day, the one that was recorded later stands behind.
    newest = max(enumerate(alone), key=lambda at: (known(_cpu(at[1])), at[1]["date"], at[0]))
    cpu = _cpu(newest[1])
    rows = []
    for claim, case, peer, text in README_ROWS:
        record = find(_records(alone, cpu), claim, case, peer)
        if record is None:
            rows.append((text, peer, "not measured"))
            continue
        ours, theirs = (record[side]["cpu"]["median"] for side in ("ours", "theirs"))
        versions = next(run["versions"] for run in alone if record in run["records"])
        version = ".".join(versions[peer].split(".")[:2])
        rows.append(
            (
                f"{text}: {_time(ours)}",
                f"{peer} {version}: {_time(theirs)}",
                f"{ratio(record['ratio']['cpu']['median'])} x",
            )
        )
    head = (f"measured by [bench/](bench/) on {cpu}, results compared first", "peer", "ratio")
    return _table(head, rows)


def with_table(readme: str, table: str) -> str:
    """Return the README with another table between its marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has no {BEGIN if not begin else END}")
    return f"{before}{begin}\n{table}{end}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Record results if any are given, and write the page and the README's table."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("results", nargs="*", type=Path, help="results to record")
    parser.add_argument("--part", action="store_true", help="replace their claims alone")
    given = parser.parse_args(arguments)
    if given.results:
        new = [results.read(path) for path in given.results]
        _record([*(_others(read_recorded(RECORDED), new) if given.part else []), *new])
    runs = read_recorded(RECORDED)
    PAGE.write_text(page(runs), encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    README.write_text(with_table(text, readme_table(runs)), encoding="utf-8")


def _others(recorded: Sequence[Document], new: Sequence[Document]) -> list[Document]:
    """Return the recorded runs without the claims that were measured anew on the same processor."""

    def place(run: Document, record: Record) -> tuple[int, str, str]:
        return run["threads"], run["machine"]["cpu"], record["claim"]

    measured = {place(run, record) for run in new for record in run["records"]}
    kept = [
        {
            **run,
            "records": [record for record in run["records"] if place(run, record) not in measured],
        }
        for run in recorded
    ]
    return [run for run in kept if run["records"]]


def _record(runs: Sequence[Document]) -> None:
    joined = ",\n".join(results.text(run).rstrip() for run in runs)
    RECORDED.write_text(f'{{"runs": [\n{joined}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
