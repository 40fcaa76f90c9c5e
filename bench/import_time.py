"""How much longer than bare Python takes a Python that says ``import mainspring``.

Run: ``python bench/import_time.py``. Bare and importing processes alternate; the result is the
difference of the medians.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time

REPEATS = 40
LIMIT_MS = 30.0


def milliseconds(statement: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return 1e3 * (time.perf_counter() - started)


def main() -> int:
    statements = {"bare": "pass", "mainspring": "import mainspring", "numpy": "import numpy"}
    times: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(REPEATS):
        for name, statement in statements.items():
            times[name].append(milliseconds(statement))
    medians = {name: statistics.median(values) for name, values in times.items()}
    above = medians["mainspring"] - medians["bare"]
    result = {
        "claim": f"import mainspring takes at most {LIMIT_MS:.0f} ms above bare Python",
        "python": platform.python_version(),
        "repeats": REPEATS,
        "median_ms": {name: round(value, 2) for name, value in medians.items()},
        "above_bare_ms": round(above, 2),
        "holds": above <= LIMIT_MS,
    }
    print(json.dumps(result, indent=2))
    return 0 if result["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
