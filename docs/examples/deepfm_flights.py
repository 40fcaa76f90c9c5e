"""DeepFM on the flights of New York in 2013: raw columns in, a bundle that a server loads out."""

from __future__ import annotations

import torch

import mainspring as ms
from mainspring import col
from mainspring.cli.quickstart_data import flights_with_weather

train, test = ms.split(flights_with_weather()[0], 0.2, time="sched_dep")
prep = ms.Preprocessor(
    col("carrier", "origin", "dest").ordinal(min_count=20),
    col("sched_dep").datetime("hour", "weekday").quantile_bucketize(24),
    col("temp", "wind_speed", "humid", "pressure", "precip", "visib").quantile_bucketize(10),
).fit(train)
torch.manual_seed(0)
model = ms.train.DeepFM.from_features(prep, hidden=(16,), width=4, dropout=0.2)
options = {"preprocessor": prep, "label": "late", "epochs": 2, "batch_size": 1024}
print(ms.train.fit(model, train, validation=test, **options))
ms.Predictor(model, prep, name="late-flights").save("late-flights.spring")
print(ms.load("late-flights.spring").predict(test)[:5])
