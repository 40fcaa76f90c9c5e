"""Looks after connections that send too slowly, or nothing, and for those whose client has left."""

from __future__ import annotations

import array
import contextlib
import select
from typing import Any

__all__ = ["ConnectionWatch", "has_left", "left_long_request", "unsent_bytes"]

# A longer request is answered on a thread (hosted_model.py), too late for who left before.
_LONG_BYTES = 1 << 16
# Linux tells at once; elsewhere the loop finds out when it has read what was sent.
_LEFT = getattr(select, "POLLRDHUP", None)


def has_left(descriptor: int) -> bool:
    """Say whether the other side of a connection sends no more: it has closed, or is gone.

    Parameters
    ----------
    descriptor : int
        Of a socket. One that is closed by now has nobody either.

    Returns
    -------
    bool
        False as far as the system knows, whatever has not been read yet.
    """
    if _LEFT is None:
        return False
    poll = select.poll()
    poll.register(descriptor, _LEFT)
    return bool(poll.poll(0))


def left_long_request(descriptor: int) -> bool:
    """Say whether a connection holds a long request of a client that has left.

    After an overload there are hundreds of these: what they hold is not worth being read.

    Parameters
    ----------
    descriptor : int
        Of a socket that has just been taken.

    Returns
    -------
    bool
        False also where there is little to read: it may be answered at once.
    """
    if not has_left(descriptor):
        return False
    return _bytes_in_queue(descriptor, "FIONREAD") > _LONG_BYTES


def unsent_bytes(descriptor: int) -> int:
    """Return how many bytes the system holds that the other side has not taken yet.

    Parameters
    ----------
    descriptor : int
        Of a socket.

    Returns
    -------
    int
        0 where the system does not say.
    """
    return _bytes_in_queue(descriptor, "TIOCOUTQ")


def _bytes_in_queue(descriptor: int, name: str) -> int:
    waiting = array.array("i", [0])
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl
        import termios

        fcntl.ioctl(descriptor, getattr(termios, name), waiting)
    return waiting[0]


class ConnectionWatch:
    """Closes connections whose request does not come to its end, or whose client reads nothing.

    One look at all of them now and then: a timer for each request would cost as much as a row.

    Parameters
    ----------
    seconds : float
        What a request may take to come, and a client until it reads some of what it was answered.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_running = False

    def look(self, loop: Any, connections: set[Any]) -> None:
        """Close those that are late, and come again as long as there are any.

        Parameters
        ----------
        loop : asyncio.AbstractEventLoop
            Whose time it is.
        connections : set
            All that are open; those of the hot path say since when they wait.
        """
        now = loop.time()
        for connection in list(connections):
            if hasattr(connection, "has_read_some") and connection.has_read_some():
                connection.reading_since = now
            since = getattr(connection, "reading_since", None)
            if since is not None and now - since > self.seconds:
                connection.reading_since = None
                connection.give_up()
        if connections:
            loop.call_later(self.seconds / 8, self.look, loop, connections)
        else:
            self.is_running = False
