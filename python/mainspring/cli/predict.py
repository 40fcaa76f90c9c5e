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

_STAGES = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle, the data, and what to write where.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    add_row_arguments(parser, "predictions")
    parser.add_argument(
        "--kind",
        choices=("predict", "proba", "raw"),
        default="predict",
        metavar="KIND",
        help="predict, proba (one for each class) or raw, before the link (default: predict)",
    )
    for kind in ("proba", "raw"):
        parser.add_argument(f"--{kind}", nargs=0, action=_Renamed, help=argparse.SUPPRESS)
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
    kind = arguments.kind
    on_device = None if arguments.device is None else _OnDevice(predictor, kind, arguments.device)

    def predict(table: pa.Table) -> pa.Table:
        import pyarrow as pa

        if on_device is not None:
            return on_device(table)
        return pa.table(pa.record_batch(predictor.predict_arrow(table, kind)))

    identity = {"command": "predict", "kind": kind}
    results = Results(predictor.input_names, predict, identity, "predictions")
    try:
        return run_rows(arguments, results)
    finally:
        if on_device is not None:
            on_device.close()


class _Renamed(argparse.Action):
    """An option that is a word of ``--kind`` now."""

    def __call__(self, parser: argparse.ArgumentParser, *arguments: object) -> None:
        """Say so."""
        word = self.option_strings[0].removeprefix("--")
        parser.error(f"--{word} is --kind {word}")


class _OnDevice:
    """Tables copied to a GPU and predicted there, one part computed while the next is copied."""

    def __init__(self, predictor: mainspring.Predictor, kind: str, device: str) -> None:
        predictor._refuse_labels(kind)
        self._predictor, self._kind, self._device = predictor, kind, device
        self._stages: list[Any] = []

    def __call__(self, table: pa.Table) -> pa.Table:
        """Return the predictions for the rows of a table, on the host."""
        import numpy as np
        import pyarrow as pa

        from mainspring.gpu.staging import Stage, predict_in_turns

        while len(self._stages) < _STAGES:
            self._stages.append(Stage(self._device))
        columns = table.select(self._predictor.input_names)
        parts = predict_in_turns(self._predictor.bundle, columns, self._kind, self._stages)
        scores = np.concatenate(list(parts))
        names = self._predictor.column_names(self._kind)
        schema = pa.schema([pa.field(name, pa.float64(), nullable=False) for name in names])
        return pa.table(list(scores.reshape(len(scores), len(names)).T), schema=schema)

    def close(self) -> None:
        """Give back what the device and the host hold for it."""
        for stage in self._stages:
            stage.close()
