"""An iterator that runs ahead of its user, in a thread of its own."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["prefetched"]

Item = TypeVar("Item")
_END = object()
_LOOK_SECONDS = 0.1


def prefetched(items: Iterator[Item], ahead: int) -> Generator[Item, None, None]:
    """Give the items; up to ``ahead`` of them are made before they are asked for.

    An exception of ``items`` comes where its item would have come. Closing the generator ends the
    thread, after the item that it is at.
    """
    if ahead == 0:
        yield from items
        return
    runner = _Runner(items, ahead)
    try:
        yield from runner.items()
    finally:
        runner.stop()


class _Runner(Generic[Item]):
    def __init__(self, items: Iterator[Item], ahead: int) -> None:
        self._source = items
        self._made: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(ahead)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mainspring-batches", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for item in self._source:
                if not self._put((item, None)):
                    return
                del item
            self._put((_END, None))
        except BaseException as error:
            self._put((_END, error))

    def _put(self, made: tuple[Any, BaseException | None]) -> bool:
        while not self._stopped.is_set():
            try:
                self._made.put(made, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def items(self) -> Iterator[Item]:
        while True:
            item, error = self._made.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
            del item

    def stop(self) -> None:
        self._stopped.set()
        while not self._made.empty():
            self._made.get_nowait()
        self._thread.join()
