"""Servers to compare with: ``python -m bench.jobs.serving_peers NAME FOLDER PORT``.

``echo`` reads JSON and writes it, without a model: the floor of Starlette. ``fastapi`` is what is
written first: pydantic, pandas, a scikit-learn pipeline, LightGBM. ``expert`` is what is written
for speed in Python: msgspec, dicts of categories, ``Booster.predict`` on one array.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def echo(folder: Path) -> Any:
    """Answer with what was sent."""

    async def answer(request: Any) -> JSONResponse:
        return JSONResponse(await request.json())

    return Starlette(routes=[Route("/predict", answer, methods=["POST"])])


def fastapi(folder: Path) -> Any:
    """Make the app of a tutorial."""
    import pandas as pd
    import pydantic
    from fastapi import FastAPI

    pipeline = pickle.loads((folder / "pipeline.pickle").read_bytes())
    kinds = json.loads((folder / "columns.json").read_text())
    types = {name: (str if kind == "text" else float, ...) for name, kind in kinds.items()}
    row_type = pydantic.create_model("Row", **types)
    app = FastAPI()

    def predict(row: Any) -> dict[str, Any]:
        frame = pd.DataFrame([row.model_dump()])
        return {"predictions": pipeline.predict_proba(frame)[:, 1].tolist()}

    # The columns are known at run time alone, and annotations of this module are texts.
    predict.__annotations__ = {"row": row_type, "return": dict[str, list[float]]}
    app.post("/predict")(predict)
    return app


def expert(folder: Path) -> Any:
    """Make the app of somebody who has measured."""
    import lightgbm
    import msgspec
    import numpy as np

    booster = lightgbm.Booster(model_file=str(folder / "model.txt"))
    learnt = pickle.loads((folder / "learnt.pickle").read_bytes())
    kinds = json.loads((folder / "columns.json").read_text())
    row_type = msgspec.defstruct(
        "Row", [(name, str if kind == "text" else float) for name, kind in kinds.items()]
    )
    decoder, encoder = msgspec.json.Decoder(row_type), msgspec.json.Encoder()
    texts = [name for name, kind in kinds.items() if kind == "text"]
    numbers = [name for name, kind in kinds.items() if kind != "text"]
    codes, means, scales = learnt["codes"], learnt["means"], learnt["scales"]

    async def predict(request: Any) -> Response:
        row = decoder.decode(await request.body())
        values = [codes[name].get(getattr(row, name), -1.0) for name in texts]
        values += [
            (getattr(row, name) - mean) / scale
            for name, mean, scale in zip(numbers, means, scales, strict=True)
        ]
        score = booster.predict(np.array([values]), num_threads=1)
        body = encoder.encode({"predictions": score.tolist()})
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/predict", predict, methods=["POST"])])


if __name__ == "__main__":
    made = {"echo": echo, "fastapi": fastapi, "expert": expert}[sys.argv[1]](Path(sys.argv[2]))
    uvicorn.run(made, port=int(sys.argv[3]), log_level="warning", access_log=False)
