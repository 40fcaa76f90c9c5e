"""``mainspring stream``: predict what comes by a topic of Kafka."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import mainspring
from mainspring.errors import ParameterError

if TYPE_CHECKING:
    from mainspring.stream import Stream

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle, where messages come from, and where results go to.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    add = parser.add_argument
    add("bundle", metavar="BUNDLE", help="a .spring file")
    add("--servers", required=True, metavar="HOST:PORT", help="brokers, by commas")
    add(
        "--topic",
        required=True,
        action="append",
        metavar="TOPIC",
        help="a topic of rows; may be repeated",
    )
    add("--group", required=True, metavar="NAME", help="the group that shares the partitions")
    sinks = parser.add_mutually_exclusive_group(required=True)
    sinks.add_argument("--out-topic", metavar="TOPIC", help="write results to a topic")
    sinks.add_argument("--out-dir", metavar="DIR", help="write results to Parquet files")
    letters = parser.add_mutually_exclusive_group()
    letters.add_argument(
        "--dead-topic", metavar="TOPIC", help="send messages that cannot be read to a topic"
    )
    letters.add_argument("--dead-dir", metavar="DIR", help="write them to Parquet files")
    add("--format", default="json", help="what messages are: json, arrow or csv (%(default)s)")
    add("--kind", default="predict", help="predict, proba or raw (%(default)s)")
    add("--keep", default="", metavar="COLUMNS", help="columns, by commas, to write too")
    add("--csv-columns", metavar="COLUMNS", help="names, by commas, of CSV without a header")
    add("--partitions", metavar="NUMBERS", help="read these, by commas, and no others")
    add(
        "--begin",
        default="earliest",
        help="where a new group begins: earliest or latest (%(default)s)",
    )
    add(
        "--batch-rows",
        type=int,
        default=1000,
        metavar="ROWS",
        help="most rows of a batch (%(default)s)",
    )
    add(
        "--batch-ms",
        type=float,
        default=5,
        metavar="MS",
        help="milliseconds to wait for more (%(default)s)",
    )
    add(
        "--commit-seconds",
        type=float,
        metavar="S",
        help="seconds between commits (1 to a topic, 10 to files)",
    )
    add(
        "--drift-rows",
        type=int,
        metavar="ROWS",
        help="compare windows of so many rows with the profile",
    )
    add("--history", action="store_true", help="each row is an event of the bundle's history")
    add("--history-topic", metavar="TOPIC", help="the topic of the history's events")
    add("--states", metavar="DIR", help="where states of drift and history are kept")
    add("--metrics-port", type=int, metavar="PORT", help="answer Prometheus on 127.0.0.1")
    add(
        "--idle-seconds",
        type=float,
        metavar="S",
        help="end once all is read and none came for so long",
    )
    add(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of librdkafka, as for TLS; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    """Predict until the process is asked to stop.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    stream = _stream(arguments)
    if arguments.metrics_port is not None:
        from mainspring.monitor import serve_metrics

        port = serve_metrics(stream, arguments.metrics_port)
        print(f"metrics on http://127.0.0.1:{port}/metrics")
    where = arguments.out_topic or arguments.out_dir
    print(
        f"{stream.predictor.name}: {', '.join(arguments.topic)} to {where} (Ctrl-C stops it)",
        flush=True,
    )
    num_rows = stream.run(idle_seconds=arguments.idle_seconds)
    dead = sum(stream.facts.dead.values())
    print(f"{num_rows:,} rows, {dead:,} messages that could not be read")
    return 0


def _stream(arguments: argparse.Namespace) -> Stream:
    from mainspring.stream import DriftWatch, HistoryFeed, KafkaSource, Stream

    predictor = mainspring.load(arguments.bundle)
    options = dict(_pair(text) for text in arguments.option)
    has_history = arguments.history or arguments.history_topic is not None
    return Stream(
        predictor,
        KafkaSource(
            arguments.topic,
            servers=arguments.servers,
            group=arguments.group,
            partitions=_numbers(arguments.partitions),
            begin=arguments.begin,
            options=options,
        ),
        _sink(arguments, arguments.out_topic, arguments.out_dir, options),
        format=arguments.format,
        kind=arguments.kind,
        keep=_names(arguments.keep) or (),
        csv_columns=_names(arguments.csv_columns),
        dead_letters=_sink(arguments, arguments.dead_topic, arguments.dead_dir, options),
        batch_rows=arguments.batch_rows,
        batch_ms=arguments.batch_ms,
        drift=None if arguments.drift_rows is None else DriftWatch(arguments.drift_rows),
        history=HistoryFeed(topic=arguments.history_topic) if has_history else None,
        states=arguments.states,
    )


def _sink(
    arguments: argparse.Namespace, topic: str | None, folder: str | None, options: dict[str, str]
) -> Any:
    from mainspring.stream import KafkaTopic, ParquetFolder

    every = arguments.commit_seconds
    if topic is not None:
        seconds = 1.0 if every is None else every
        servers = arguments.servers
        return KafkaTopic(topic, servers=servers, commit_seconds=seconds, options=options)
    if folder is not None:
        return ParquetFolder(folder, commit_seconds=10.0 if every is None else every)
    return None


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name for name in text.split(",") if name]


def _numbers(text: str | None) -> list[int] | None:
    names = _names(text)
    if names is None:
        return None
    if not names or not all(name.isdigit() for name in names):
        raise ParameterError(f"--partitions is {text!r}; expected numbers, by commas.", got=text)
    return [int(name) for name in names]


def _pair(text: str) -> tuple[str, str]:
    name, is_there, value = text.partition("=")
    if not is_there:
        raise ParameterError(f"--option is {text!r}; expected NAME=VALUE.", got=text)
    return name, value
