"""``mainspring predict``: score the rows of a file with a bundle."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import mainspring
from mainspring._progress import Progress
from mainspring.cli.tables import read_table, require_columns, require_output, write_table
from mainspring.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mainspring.predictor import Predictor

__all__ = ["add_arguments", "run"]

_ROWS_AT_ONCE = 1 << 17
_ROWS_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle, the data, and what to write where.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument("bundle", metavar="BUNDLE", help="a .spring file")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="a .parquet, .csv or .arrow file; - reads standard input",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write predictions there (.parquet, .csv, .arrow; - is CSV on standard output)",
    )
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--proba", action="store_true", help="one probability for each class")
    kinds.add_argument("--raw", action="store_true", help="raw scores, before the link")
    parser.add_argument(
        "--keep",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="columns of the data to write beside the predictions",
    )


def run(arguments: argparse.Namespace) -> int:
    """Predict and write, or show the first rows.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    if arguments.output is not None:
        require_output(arguments.output)
    predictor = mainspring.load(arguments.bundle)
    table = read_table(arguments.data)
    require_columns(table, arguments.keep, "--keep")
    kind = "proba" if arguments.proba else "raw" if arguments.raw else "predict"
    scores = _scores(predictor, table, kind)
    result = _with_scores(table, arguments.keep, scores, _names(predictor, kind, scores))
    if arguments.output is not None:
        write_table(result, arguments.output)
        if arguments.output != "-":
            print(f"{arguments.output}: {result.num_rows:,} rows, {', '.join(result.column_names)}")
        return 0
    print(_first_rows(result))
    return 0


def _scores(predictor: Predictor, table: pa.Table, kind: str) -> npt.NDArray[np.float64]:
    import numpy as np

    predict = {
        "predict": predictor.predict,
        "proba": predictor.predict_proba,
        "raw": predictor.predict_raw,
    }[kind]
    parts = []
    with Progress("predict", table.num_rows) as progress:
        for first in range(0, max(table.num_rows, 1), _ROWS_AT_ONCE):
            part = predict(table.slice(first, _ROWS_AT_ONCE))
            parts.append(part if part.ndim == 2 else part.reshape(-1, 1))
            progress.advance(len(part))
    return np.concatenate(parts)


def _names(predictor: Predictor, kind: str, scores: npt.NDArray[np.float64]) -> list[str]:
    width = scores.shape[1]
    if kind == "predict":
        return predictor.output_names
    word = "probability" if kind == "proba" else "raw"
    return [word] if width == 1 else [f"{word}_{number}" for number in range(width)]


def _with_scores(
    table: pa.Table, keep: list[str], scores: npt.NDArray[np.float64], names: list[str]
) -> pa.Table:
    import pyarrow as pa

    taken = sorted(set(names) & set(keep))
    if taken:
        raise ParameterError(
            f"--keep: the predictions are called '{taken[0]}' too; rename the column or leave it "
            "out.",
            column=taken[0],
        )
    result = table.select(keep)
    for index, name in enumerate(names):
        column = pa.array(scores[:, index])
        result = (
            result.append_column(name, column) if len(result.columns) else pa.table({name: column})
        )
    return result


def _first_rows(result: pa.Table) -> str:
    from mainspring.profiles.text_table import text_table

    shown = result.slice(0, _ROWS_SHOWN)
    rows = [
        [str(first), *(_cell(value) for value in row)]
        for first, row in enumerate(
            zip(*(column.to_pylist() for column in shown.columns), strict=True)
        )
    ]
    lines = [text_table(["row", *result.column_names], rows, left=0)]
    more = result.num_rows - len(rows)
    if more > 0:
        lines.append(f"... and {more:,} more rows; write them all with -o FILE")
    return "\n".join(lines)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
