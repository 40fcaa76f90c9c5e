"""``mainspring explain``: what each feature adds to the raw scores of the rows of a file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import mainspring
from mainspring.cli.columns import require_columns
from mainspring.cli.predict_parts import file_hash
from mainspring.cli.row_results import Results, add_row_arguments, run_rows
from mainspring.cli.tables import read_table, require_output
from mainspring.errors import ParameterError

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.models.explanation import Explanation

__all__ = ["add_arguments", "run"]

_BYTES_AT_ONCE = 64 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle, the data, the background, and what to write where.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    add_row_arguments(parser, "contributions")
    parser.add_argument(
        "--background",
        metavar="FILE",
        help="explain against the rows of this file, not the training data as the trees know it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Explain and write, or show the first rows.

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
    if arguments.background == "-":
        raise ParameterError("--background: a file is expected, not standard input.")
    background = None if arguments.background is None else read_table(arguments.background)
    if background is not None:
        require_columns(background.column_names, predictor.input_names, "--background")
    outputs = predictor.bundle.num_outputs
    at_once = max(1, _BYTES_AT_ONCE // (8 * outputs * max(1, len(predictor.feature_names))))

    def explain(table: pa.Table) -> pa.Table:
        import pyarrow as pa

        parts = [
            _table(predictor.explain(table.slice(first, at_once), background=background))
            for first in range(0, max(table.num_rows, 1), at_once)
        ]
        return pa.concat_tables(parts)

    identity = {
        "command": "explain",
        "background": None if background is None else file_hash(arguments.background),
    }
    return run_rows(arguments, Results(predictor.input_names, explain, identity, "contributions"))


def _table(explanation: Explanation) -> pa.Table:
    """Return a column for each feature, then what they are added to; for each output."""
    import numpy as np
    import pyarrow as pa

    values, bases = explanation.values, np.atleast_1d(explanation.base_values)
    several = values.ndim == 3
    columns: dict[str, Any] = {}
    for output, base in enumerate(bases):
        of_output = values[:, output] if several else values
        start = f"contribution_{output}_" if several else "contribution_"
        for number, name in enumerate(explanation.feature_names):
            columns[start + name] = pa.array(np.ascontiguousarray(of_output[:, number]))
        columns[f"base_{output}" if several else "base"] = pa.array(np.full(len(values), base))
    return pa.table(columns)
