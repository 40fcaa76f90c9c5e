"""``mainspring transform``: write the features that a bundle's model sees."""

from __future__ import annotations

import argparse

import mainspring
from mainspring.cli.tables import read_table, require_output, streamable, write_batches

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle, the data, and where to write.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument("bundle", metavar="BUNDLE", help="a .spring file with a preprocessor")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="a .parquet, .csv or .arrow file, a folder of them; - reads standard input",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        required=True,
        help="write features there (.parquet, .csv, .arrow; - is CSV on standard output)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read part by part and write as it goes; the file is there when it is whole.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    require_output(arguments.output)
    predictor = mainspring.load(arguments.bundle)
    data = arguments.data if streamable(arguments.data) else read_table(arguments.data)
    reader = predictor.transform_batches(data, progress=True)
    rows = write_batches(reader, arguments.output)
    if arguments.output != "-":
        print(f"{arguments.output}: {rows:,} rows, {len(reader.schema)} features")
    return 0
