"""``mainspring quickstart``: train, save and watch a model on real data, by the public names alone.

336,776 flights left New York in 2013. The model says which will arrive more than 15 minutes late
from what is known before departure: trained on January to March, then scored month by month.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mainspring as ms
from mainspring import col
from mainspring._progress import Progress
from mainspring.cli.quickstart_data import flights_with_weather
from mainspring.cli.quickstart_history import events_of, history_features
from mainspring.cli.tables import require_ending, write_table
from mainspring.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mainspring.transforms.expression import Expression

__all__ = [
    "add_arguments",
    "base_features",
    "fit",
    "of_months",
    "run",
    "show_history",
    "show_leaks",
    "show_months",
]

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
WEATHER = ("temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib")
ROUNDS = 100
PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "num_threads": 2,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 2013,
    "verbose": -1,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle to write.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument(
        "-o",
        "--output",
        default="late-flights.spring",
        metavar="FILE.spring",
        help="the bundle to write (default: late-flights.spring); the flights of December and a "
        "page on their drift go beside it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the whole story and print it.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    bundle = Path(arguments.output)
    require_ending(arguments.output, ".spring")  # now rather than after a minute of work
    started = time.perf_counter()

    flights, num_dropped = flights_with_weather()
    print(f"{flights.num_rows:,} flights of 2013 with the weather at their airport")
    print(f"({num_dropped:,} cancelled or diverted ones have no arrival: left out)\n")

    train = of_months(flights, 1, 2, 3)
    print("1. Which columns know too much? (ms.check)\n")
    show_leaks(train)

    print("\n2. Learn from January to March (ms.Preprocessor, lightgbm, ms.Predictor)\n")
    predictor = fit(train)

    print("\n3. Score every later month (predictor.predict, ms.detect_drift)\n")
    show_months(predictor, flights)

    print("\n4. What earlier flights add (ms.events, ms.replay): AUC\n")
    show_history(predictor, flights)

    predictor.save(bundle)
    december = of_months(flights, 12)
    same = (ms.load(bundle).predict(december) == predictor.predict(december)).all()
    if not same:  # never seen; it would be a bug worth hearing of
        raise ms.BundleCorruptError(f"{bundle} does not predict what was saved into it.")
    print(f"\nSaved {bundle} ({bundle.stat().st_size:,} bytes).")
    print("Loaded again, it predicts the same bits.")

    table = bundle.with_name("december.parquet")
    write_table(december.select(["flight", *predictor.input_names]), str(table))
    print(f"{table} has the flights of December, to try it on.")
    page = bundle.with_name(f"{bundle.stem}-drift.html")
    report = ms.detect_drift(predictor.profile, december)
    report.to_html(page, title="flights of December against January to March 2013")
    print(f"{page} shows with plots what has drifted in December.\n\nNext:")
    print(f"  open {page} in a browser")
    for command in (
        f"inspect {bundle}",
        f"predict {bundle} {table} -o scores.csv",
        f"explain {bundle} {table} -o why.csv",
        f"drift {bundle} {table}",
        f"profile {table}",
    ):
        print(f"  mainspring {command}")
    print(f"\n{time.perf_counter() - started:.0f} seconds in all.")
    return 0


def of_months(flights: pa.Table, *months: int) -> pa.Table:
    """Return the flights of some months.

    Parameters
    ----------
    flights : pyarrow.Table
        With the column ``month``.
    *months : int
        1 to 12.

    Returns
    -------
    pyarrow.Table
        Those rows, in their order, without ``month``: the model must not learn the calendar.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pc.is_in(flights["month"], pa.array(months, flights["month"].type))
    return flights.filter(rows).drop_columns(["month"])


def show_leaks(train: pa.Table) -> None:
    """Print what ``ms.check`` finds in the raw columns.

    Parameters
    ----------
    train : pyarrow.Table
        The flights to train on, all columns.
    """
    report = ms.check(
        train.drop_columns(["year", "day", "hour", "minute", "time_hour", "sched_dep_time"]),
        target="late",
        time="sched_dep",
        available={"dep_time": "departed", "arr_time": "landed", "air_time": "landed"},
        checks=("target_in_features", "label_power", "missing_leak", "time_travel"),
    )
    print(report)


def base_features() -> list[Expression]:
    """Return what is known of a flight by itself, as features."""
    return [
        col("distance", *WEATHER).impute("median").standardize(),
        col("carrier", "origin").ordinal(min_count=20),
        col("dest", "tailnum").target_mean(smoothing=20, folds=5),
        col("sched_dep").datetime("hour", "weekday", cyclical=True),
        col("origin", "dest").cross(buckets=512),
    ]


def _trained(lightgbm: Any, prep: ms.Preprocessor, features: Any, train: pa.Table) -> Any:
    data = lightgbm.Dataset(
        features,
        label=train["late"].to_numpy(),
        feature_name=list(prep.get_feature_names_out()),
        categorical_feature=prep.categorical_indices,
    )
    with Progress("training", ROUNDS) as progress:
        return lightgbm.train(PARAMETERS, data, ROUNDS, callbacks=[lambda _: progress.advance()])


def fit(train: pa.Table) -> ms.Predictor:
    """Learn transforms and a model, and put them together.

    Parameters
    ----------
    train : pyarrow.Table
        The flights to train on.

    Returns
    -------
    Predictor
        With the profile of the training rows, for drift.
    """
    try:
        import lightgbm
    except ImportError as error:
        raise MissingExtraError(
            "The quickstart needs lightgbm, which is not installed. Run: pip install "
            "'mainspring[quickstart]'",
            hint="pip install 'mainspring[quickstart]'",
        ) from error

    prep = ms.Preprocessor(*base_features())
    clock = time.perf_counter()
    features = prep.fit_transform(train, target="late")
    num_rows, num_features = features.shape
    print(f"{num_rows:,} rows, {num_features} features: {time.perf_counter() - clock:.1f} s")

    clock = time.perf_counter()
    booster = _trained(lightgbm, prep, features, train)
    print(f"{ROUNDS} trees by LightGBM: {time.perf_counter() - clock:.1f} s")

    predictor = ms.Predictor(booster, prep, name="late-flights")
    same = predictor.predict_raw(train) == booster.predict(prep.transform(train), raw_score=True)
    print(f"raw scores equal LightGBM's bit for bit: {'yes' if same.all() else 'NO'}")
    return predictor


def show_months(predictor: ms.Predictor, flights: pa.Table) -> None:
    """Print how good the model is, month by month, and which columns have drifted.

    Parameters
    ----------
    predictor : Predictor
        The model, with the profile of its training rows.
    flights : pyarrow.Table
        All flights.
    """
    reference = predictor.profile
    lines = ["month  flights    AUC   late  predicted  drifted"]
    with Progress("months", 9) as progress:
        for month in range(4, 13):
            rows = of_months(flights, month)
            scores, late = predictor.predict(rows), rows["late"].to_numpy()
            names = ms.detect_drift(reference, rows).drifted
            lines.append(
                f"{MONTHS[month - 1]:5}  {rows.num_rows:7,}  {_auc(scores, late):.3f}  "
                f"{late.mean():5.1%}  {scores.mean():9.1%}  {len(names)}: {', '.join(names[:4])}"
            )
            progress.advance()
    print("\n".join(lines))


def show_history(predictor: ms.Predictor, flights: pa.Table) -> None:
    """Print what earlier flights of the plane, airport and carrier add, month by month.

    Parameters
    ----------
    predictor : Predictor
        The model without them.
    flights : pyarrow.Table
        All flights: each sees only what was known at its scheduled departure.
    """
    import lightgbm

    clock = time.perf_counter()
    train, events = of_months(flights, 1, 2, 3), events_of(flights)
    past = events_of(train)
    prep = ms.Preprocessor(*base_features(), *history_features(), profile=False)
    features = prep.fit_transform(train, target="late", events=past)
    booster = _trained(lightgbm, prep, features, train)
    lines = ["month  without   with the past"]
    for month in range(4, 13):
        rows = of_months(flights, month)
        late = rows["late"].to_numpy()
        without = _auc(predictor.predict(rows), late)
        scores = booster.predict(prep.transform(rows, events=events))
        lines.append(f"{MONTHS[month - 1]:5}   {without:.3f}     {_auc(scores, late):.3f}")
    print("\n".join(lines))
    sample = of_months(flights, 4).slice(0, 20_000)
    report = ms.replay(prep, events_of(flights.slice(0, 120_000)), sample)
    answer = "yes" if report.same else "NO"
    print(f"a service that was fed as flights came would have had the same bits: {answer}")
    print(f"{time.perf_counter() - clock:.1f} s")


def _auc(scores: npt.NDArray[np.float64], labels: npt.NDArray[Any]) -> float:
    """Return the area under the ROC curve, as ``ms.evaluate`` measures it.

    Parameters
    ----------
    scores : ndarray of shape (num_rows,)
        Any numbers; the higher, the more likely.
    labels : ndarray of shape (num_rows,)
        0 or 1.

    Returns
    -------
    float
        The chance that a row with label 1 has a higher score than one with 0, ties counting half.
    """
    rows = {"late": labels, "score": scores}
    return ms.evaluate(rows, target="late", score="score", metrics=["roc_auc"]).value("roc_auc")
