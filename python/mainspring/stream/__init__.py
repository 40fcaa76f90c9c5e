"""Streams: rows that come by a topic are predicted, and results are written once each.

:class:`Stream` joins a source, a predictor and a sink.
"""

from __future__ import annotations

from mainspring.stream.facts import DELAY_BOUNDS
from mainspring.stream.history_feed import HistoryFeed
from mainspring.stream.kafka import KafkaSource
from mainspring.stream.kafka_topic import KafkaTopic
from mainspring.stream.parquet_folder import ParquetFolder
from mainspring.stream.pulsar import PulsarSource, PulsarTopic
from mainspring.stream.stream import Stream
from mainspring.stream.watch import DriftWatch, QualityWatch

__all__ = [
    "DELAY_BOUNDS",
    "DriftWatch",
    "HistoryFeed",
    "KafkaSource",
    "KafkaTopic",
    "ParquetFolder",
    "PulsarSource",
    "PulsarTopic",
    "QualityWatch",
    "Stream",
]
