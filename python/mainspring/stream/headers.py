"""Headers of the messages that a stream writes."""

from __future__ import annotations

__all__ = ["ERROR_HEADER", "REASON_HEADER", "SOURCE_HEADER"]

#: ``stream/topic/partition/offset`` of the message that this one is the result of.
SOURCE_HEADER = "mainspring-source"
#: Why a dead letter could not be read, and the class of the error.
REASON_HEADER = "mainspring-reason"
ERROR_HEADER = "mainspring-error"
