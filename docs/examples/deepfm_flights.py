"""DeepFM on the flights of New York in 2013: raw columns in, a bundle that a server loads out."""

from __future__ import annotations

import torch

import mainspring as ms
from mainspring import col
from mainspring.cli.quickstart_data import flights_with_weather

train, test = ms.split(flights_with_weather()[0], 0.2, time="sched_dep")
prep = ms.Preprocessor(
    col("carrier", "origin", "dest", "tailnum").ordinal(min_count=20),
    col("sched_dep").datetime("hour", "weekday", "month", cyclical=True),
    col("distance", "temp", "wind_speed", "humid").impute("median").standardize(),
).fit(train)
torch.manual_seed(0)
model = ms.train.DeepFM.from_features(prep, hidden=(64, 32), width=8)
options = {"preprocessor": prep, "label": "late", "epochs": 2, "batch_size": 4096, "rate": 0.002}
print(ms.train.fit(model, train, validation=test, **options))
ms.Predictor(model, prep, name="late-flights").save("late-flights.spring")
print(ms.load("late-flights.spring").predict(test)[:5])
