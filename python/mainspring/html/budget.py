"""How much of a page is still free: what does not fit is left out, and the page says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from mainspring.html.markup import Markup

__all__ = ["Budget"]

Item = TypeVar("Item")


class Budget:
    """Bytes that a page may still take.

    Parameters
    ----------
    num_bytes : int
        At the start.
    """

    def __init__(self, num_bytes: int) -> None:
        self.left = num_bytes

    def take(self, text: str) -> bool:
        """Take the bytes of a text, if there are so many.

        Parameters
        ----------
        text : str
            What is to be shown.

        Returns
        -------
        bool
            Whether it fits; nothing is taken otherwise.
        """
        size = len(text.encode("utf-8"))
        if size > self.left:
            return False
        self.left -= size
        return True

    def part(self, share: float) -> Budget:
        """Set a part aside; what is left of it may come back by :meth:`give_back`.

        Parameters
        ----------
        share : float
            Of what is free now.

        Returns
        -------
        Budget
            Taken out of this one.
        """
        part = Budget(int(self.left * share))
        self.left -= part.left
        return part

    def give_back(self, part: Budget) -> None:
        """Take back what is left of a part.

        Parameters
        ----------
        part : Budget
            Nothing is left of it afterwards.
        """
        self.left += part.left
        part.left = 0

    def fill(self, items: Iterable[Item], write: Callable[[Item], Markup]) -> list[Markup]:
        """Write items in their order until one does not fit.

        Parameters
        ----------
        items : iterable
            Most important first.
        write : callable
            Makes an item's markup.

        Returns
        -------
        list of Markup
            Of the first items.
        """
        written = []
        for item in items:
            text = write(item)
            if not self.take(text):
                break
            written.append(text)
        return written
