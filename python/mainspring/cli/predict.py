"""``mainspring predict``: score the rows of a file with a bundle."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import mainspring
from mainspring.cli.row_results import Results, add_row_arguments, run_rows
from mainspring.cli.tables import require_output

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle, the data, and what to write where.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    add_row_arguments(parser, "predictions")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--proba", action="store_true", help="one probability for each class")
    kinds.add_argument("--raw", action="store_true", help="raw scores, before the link")
    parser.add_argument(
        "--device",
        metavar="DEVICE",
        help="cuda or cuda:1: copy the rows to that GPU and predict there, with the same bits",
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
    kind = "proba" if arguments.proba else "raw" if arguments.raw else "predict"

    def predict(table: pa.Table) -> pa.Table:
        import pyarrow as pa

        if arguments.device is not None:
            return _on_device(predictor, table, kind, arguments.device)
        return pa.table(pa.record_batch(predictor.predict_arrow(table, kind)))

    identity = {"command": "predict", "kind": kind}
    return run_rows(arguments, Results(predictor.input_names, predict, identity, "predictions"))


def _on_device(
    predictor: mainspring.Predictor, table: pa.Table, kind: str, device: str
) -> pa.Table:
    """Copy the columns that are read to a GPU, predict there, and copy the results back."""
    import pyarrow as pa

    from mainspring.gpu import DeviceTable

    columns = DeviceTable(table.select(predictor.input_names), device)
    calls: dict[str, Any] = {
        "predict": predictor.predict,
        "proba": predictor.predict_proba,
        "raw": predictor.predict_raw,
    }
    scores = calls[kind](columns).to_host()
    names = predictor.column_names(kind)
    schema = pa.schema([pa.field(name, pa.float64(), nullable=False) for name in names])
    return pa.table(list(scores.reshape(len(scores), len(names)).T), schema=schema)
