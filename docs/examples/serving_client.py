"""A server in a process of its own, and a client that needs nothing but the standard library.

Needs the extra ``serve``, and lightgbm to have a model to serve. Writes tip.spring into the working
folder. The server listens on this machine alone, on a port that is free, and is stopped at the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request

import lightgbm
import numpy as np

import mainspring as ms

random = np.random.default_rng(5)
bills = [
    {"total": float(total), "day": day}
    for total, day in zip(
        random.gamma(4, 6, 2000), random.choice(["Fri", "Sat"], 2000), strict=True
    )
]
tips = np.array([0.15 * bill["total"] + (bill["day"] == "Sat") for bill in bills])
prep = ms.Preprocessor(ms.col("total").impute("median"), ms.col("day").ordinal())
data = lightgbm.Dataset(prep.fit_transform(bills), label=tips)
booster = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 50)
predictor = ms.Predictor(booster, prep, name="tip")
predictor.save("tip.spring")


def ask(url: str, rows: object) -> tuple[int, dict]:
    """Post rows, return status and answer."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(rows).encode(), headers)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


command = [sys.executable, "-m", "mainspring", "serve", "tip.spring", "--port", "0"]
with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
    try:
        lines = iter(server.stdout.readline, "")
        url = next(line.split()[2] for line in lines if line.startswith("serving on "))
        new = [{"total": 30.0, "day": "Sat"}, {"total": None, "day": "Sun"}]
        status, answer = ask(f"{url}/predict", {"rows": new})
        print(status, answer)
        refused = ask(f"{url}/predict", {"rows": [{"total": "much", "day": "Fri"}]})
        print(*refused)
    finally:
        server.terminate()
