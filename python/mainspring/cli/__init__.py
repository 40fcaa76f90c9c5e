"""The command ``mainspring``: the public names, from a shell.

Each command is a module of its own with ``add_arguments(parser)`` and ``run(arguments)``; it is
imported when it is asked for. Whatever goes wrong is one line on standard error and exit code 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

import mainspring
from mainspring._names import close_name
from mainspring.cli.parser import Parser, one_line
from mainspring.errors import MainspringError

__all__ = ["COMMANDS", "main"]

# name -> what `mainspring --help` says of it
COMMANDS = {
    "quickstart": "train, save and watch a model of flight delays on real data (one minute)",
    "convert": "make a bundle of a model file of LightGBM, XGBoost, CatBoost, ONNX or Keras",
    "predict": "score a table with a bundle",
    "explain": "say what each feature adds to the scores of a table",
    "serve": "answer requests over HTTP with a bundle",
    "stream": "predict what comes by a topic of Kafka, each message once",
    "transform": "compute the features of a table, in bounded memory",
    "profile": "summarise the columns of a table",
    "merge-profiles": "add up the profiles of many devices, files or days",
    "drift": "compare a table, profile or bundle with another table",
    "check": "look for leaks and faults in training data",
    "run": "run the steps of a pipeline that have to run",
    "runs": "show what runs of pipelines did",
    "pack": "make a bundle small, and put it into a device, a browser or a function",
    "inspect": "show what a bundle holds",
    "doctor": "say how the engine was built, whether it works here, and what is missing",
    "version": "show the version and how the engine was built",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; by default those of the process.

    Returns
    -------
    int
        The exit code: 0 when all went well, 2 after an error, 130 after Ctrl-C, and 1 where a
        command was asked to fail on what it finds.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _open_closed_streams()
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except BrokenPipeError:
        # Python would complain once more when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _say("the reader of the output closed it before all was written")
        return 2
    except (MainspringError, OSError, MemoryError) as error:
        if _shows_tracebacks():
            raise
        _say(_explain(error))
        return 2


def _run(arguments: list[str]) -> int:
    parser = Parser(
        prog="mainspring",
        description="One native engine for tabular models.",
        epilog="`mainspring COMMAND --help` says more. Exit codes: 0 well, 1 a finding (drift, a "
        "failed check, something that does not work), 2 an error. MAINSPRING_DEBUG=1 shows "
        "tracebacks.",
    )
    parser.add_argument(
        "--version", action="version", version=f"mainspring {mainspring.__version__}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    run = None
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
        )
        if name == wanted:
            module = import_module(f"mainspring.cli.{name.replace('-', '_')}")
            module.add_arguments(command)
            command.phrases = getattr(module, "PHRASES", {})
            run, chosen = module.run, command
    if wanted is not None and wanted == arguments[0] and wanted not in COMMANDS:
        close = _did_you_mean(wanted, COMMANDS) or f"; there are {', '.join(COMMANDS)}"
        parser.error(f"there is no command '{wanted}'{close}")
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown:
        asked = chosen if run else parser
        close = _did_you_mean(unknown[0].partition("=")[0], asked.options)
        what = "options" if any(word.startswith("-") for word in unknown) else "arguments"
        asked.error(f"unknown {what}: {' '.join(unknown)}{close}")
    if run is None:
        parser.print_help()
        return 0
    chosen.require_names(parsed)
    try:
        code = int(run(parsed))
    except MainspringError as error:
        if _shows_tracebacks():
            raise
        _say(one_line(chosen.explain(_explain(error))))
        return 2
    sys.stdout.flush()
    return code


def _open_closed_streams() -> None:
    """Put the null device where a shell has closed a stream (``>&-``), which Python has as None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            null = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  it stays open
            setattr(sys, name, null)


def _shows_tracebacks() -> bool:
    return os.environ.get("MAINSPRING_DEBUG", "") not in ("", "0")


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    close = close_name(word, known)
    return f"; did you mean '{close}'?" if close else ""


def _say(text: str) -> None:
    sys.stderr.write(f"mainspring: {text}\n")


def _explain(error: BaseException) -> str:
    if isinstance(error, OSError) and not isinstance(error, MainspringError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        return one_line(f"{where}{error.strerror}")
    if isinstance(error, MemoryError):
        return one_line(f"not enough memory. {error}")
    return one_line(str(error)) or type(error).__name__
