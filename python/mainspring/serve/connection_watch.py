"""Looks after connections that send too slowly, or nothing."""

from __future__ import annotations

from typing import Any

__all__ = ["ConnectionWatch"]


class ConnectionWatch:
    """Closes connections whose request does not come to its end.

    One look at all of them now and then: a timer for each request would cost as much as a row.

    Parameters
    ----------
    seconds : float
        What a request may take to come.
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
            since = getattr(connection, "reading_since", None)
            if since is not None and now - since > self.seconds:
                connection.reading_since = None
                connection.give_up()
        if connections:
            loop.call_later(self.seconds / 8, self.look, loop, connections)
        else:
            self.is_running = False
