"""``mainspring stream``: predict what comes by a topic of Kafka."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import mainspring
from mainspring.cli.columns import part_names
from mainspring.errors import ParameterError

if TYPE_CHECKING:
    from mainspring.stream import Stream

__all__ = ["PHRASES", "add_arguments", "run"]

# What messages of the package say, and what it is called here.
PHRASES = {"rows must": "--drift-rows must"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle, where messages come from, and where results go to.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    add = parser.add_argument
    add("bundle", metavar="BUNDLE", help="a .spring file")
    add(
        "--servers",
        required=True,
        nargs="+",
        metavar="HOST:PORT",
        help="brokers: a:9092 b:9092, or a:9092,b:9092",
    )
    add(
        "--topic",
        required=True,
        nargs="+",
        action="extend",
        metavar="TOPIC",
        help="topics of rows: a b, or a,b; may be repeated",
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
    add(
        "--format",
        default="json",
        help="what messages are: json, arrow or csv (default: %(default)s)",
    )
    add("--kind", default="predict", help="predict, proba or raw (default: %(default)s)")
    add(
        "--keep",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="columns to write beside the results: a b, or a,b",
    )
    add(
        "--csv-columns",
        nargs="+",
        metavar="COLUMN",
        help="the columns of CSV without a line of names: a b, or a,b",
    )
    add(
        "--partitions",
        nargs="+",
        metavar="NUMBER",
        help="read these partitions and no others: 0 1, or 0,1",
    )
    add(
        "--begin",
        default="earliest",
        help="where a new group begins: earliest or latest (default: %(default)s)",
    )
    add(
        "--batch-rows",
        type=int,
        default=1000,
        metavar="ROWS",
        help="most rows of a batch (default: %(default)s)",
    )
    add(
        "--batch-ms",
        type=float,
        default=5,
        metavar="MS",
        help="milliseconds to wait for more (default: %(default)s)",
    )
    add(
        "--commit-seconds",
        type=float,
        metavar="S",
        help="seconds between commits (default: 1 to a topic, 10 to files)",
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
    topics = part_names(arguments.topic, ())
    stream = _stream(arguments, topics)
    if arguments.metrics_port is not None:
        from mainspring.monitor import serve_metrics

        port = serve_metrics(stream, arguments.metrics_port)
        print(f"metrics on http://127.0.0.1:{port}/metrics")
    where = arguments.out_topic or arguments.out_dir
    print(
        f"{stream.predictor.name}: {', '.join(topics)} to {where} (Ctrl-C stops it)",
        flush=True,
    )
    num_rows = stream.run(idle_seconds=arguments.idle_seconds)
    dead = sum(stream.facts.dead.values())
    print(f"{num_rows:,} rows, {dead:,} messages that could not be read")
    return 0


def _stream(arguments: argparse.Namespace, topics: list[str]) -> Stream:
    from mainspring.stream import DriftWatch, HistoryFeed, KafkaSource, Stream

    if arguments.csv_columns is not None and arguments.format != "csv":
        raise ParameterError(
            f"--csv-columns does nothing with --format {arguments.format}, expected --format csv. "
            "Leave it out.",
            expected="--format csv",
            got=f"--format {arguments.format}",
        )
    predictor = mainspring.load(arguments.bundle)
    options = dict(_pair(text) for text in arguments.option)
    has_history = arguments.history or arguments.history_topic is not None
    return Stream(
        predictor,
        KafkaSource(
            topics,
            servers=",".join(arguments.servers),
            group=arguments.group,
            partitions=_numbers(arguments.partitions),
            begin=arguments.begin,
            options=options,
        ),
        _sink(arguments, arguments.out_topic, arguments.out_dir, options),
        format=arguments.format,
        kind=arguments.kind,
        keep=part_names(arguments.keep, ()),
        csv_columns=arguments.csv_columns and part_names(arguments.csv_columns, ()),
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
        servers = ",".join(arguments.servers)
        return KafkaTopic(topic, servers=servers, commit_seconds=seconds, options=options)
    if folder is not None:
        return ParquetFolder(folder, commit_seconds=10.0 if every is None else every)
    return None


def _numbers(texts: list[str] | None) -> list[int] | None:
    if texts is None:
        return None
    names = part_names(texts, ())
    if not names or not all(name.isdigit() for name in names):
        raise ParameterError(
            f"--partitions is {' '.join(texts)!r}; expected numbers, as 0 1 or 0,1.",
            expected="numbers",
            got=" ".join(texts),
        )
    return [int(name) for name in names]


def _pair(text: str) -> tuple[str, str]:
    name, is_there, value = text.partition("=")
    if not is_there:
        raise ParameterError(f"--option is {text!r}; expected NAME=VALUE.", got=text)
    return name, value
