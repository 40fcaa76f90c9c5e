"""The models of a server by name, each with its versions: replaced while requests go on."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate

from mainspring.serve.hosted_model import HostedModel
from mainspring.serve.replies import Refusal

__all__ = ["ModelSlot", "ModelTable"]


@dataclass(frozen=True, slots=True)
class ModelSlot:
    """One name. Never changed: a new slot takes its place, in one step.

    Attributes
    ----------
    current : HostedModel
        What answers requests that name no version.
    versions : mapping of str to HostedModel
        All that are loaded, the current one too.
    previous : HostedModel or None
        What was current before; rollback brings it back.
    canary : tuple of (HostedModel, float), optional
        Versions that take a share of the requests, each with the running sum of the shares.
    shadow : HostedModel or None
        What is asked beside, for comparison alone.
    """

    current: HostedModel
    versions: Mapping[str, HostedModel]
    previous: HostedModel | None = None
    canary: tuple[tuple[HostedModel, float], ...] = ()
    shadow: HostedModel | None = None

    def choose(self) -> HostedModel:
        """Choose what answers: the current one, or a canary by its share.

        Returns
        -------
        HostedModel
            What answers.
        """
        if self.canary:
            drawn = random.random()
            for model, end in self.canary:
                if drawn < end:
                    return model
        return self.current


@dataclass
class ModelTable:
    """All models of a server.

    Attributes
    ----------
    slots : mapping of str to ModelSlot
        By name. Replaced as a whole: whoever reads it needs no lock.
    on_change : list of callable
        Called behind each change, on the thread that made it.
    """

    slots: dict[str, ModelSlot] = field(default_factory=dict)
    on_change: list[Callable[[], None]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __iter__(self) -> Iterator[HostedModel]:
        for slot in self.slots.values():
            yield slot.current

    def loaded(self) -> list[HostedModel]:
        """List every version of every model.

        Returns
        -------
        list of HostedModel
            In the order of names, then of versions.
        """
        return [model for slot in self.slots.values() for model in slot.versions.values()]

    def name_of(self, name: str | None) -> str | None:
        """Name the model of a path that names none: where there is only one.

        Parameters
        ----------
        name : str or None
            What the path says.

        Returns
        -------
        str or None
            None when there are none, or several.
        """
        slots = self.slots
        return next(iter(slots)) if name is None and len(slots) == 1 else name

    def find(self, name: str | None, version: str | None = None) -> HostedModel:
        """Find what answers a request.

        Parameters
        ----------
        name : str or None
            None: the only one.
        version : str, optional
            None: the one that is served.

        Returns
        -------
        HostedModel
            The one that is meant.

        Raises
        ------
        Refusal
            404 when there is none of that name or version.
        """
        slots = self.slots
        if name is None:
            if len(slots) != 1:
                raise Refusal(
                    404,
                    "This server has several models; use /models/NAME/predict. GET / lists them."
                    if slots
                    else "This server has no model yet.",
                )
            slot = next(iter(slots.values()))
        else:
            found = slots.get(name)
            if found is None:
                raise Refusal(404, f"There is no model {_cut(name)!r}. GET / lists them.")
            slot = found
        if version is None:
            return slot.choose()
        model = slot.versions.get(version)
        if model is None:
            known = ", ".join(repr(known) for known in list(slot.versions)[:5])
            raise Refusal(
                404,
                f"Model {slot.current.name!r} has no version {_cut(version)!r}, only {known}.",
            )
        return model

    def put(self, model: HostedModel, keep: int = 2) -> None:
        """Serve a model from now on, in place of the version before it.

        Parameters
        ----------
        model : HostedModel
            Loaded and tried.
        keep : int, default 2
            How many versions stay loaded: the newest.
        """
        with self._lock:
            slot = self.slots.get(model.name)
            if slot is None:
                made = ModelSlot(model, {model.version: model})
            else:
                versions = {**slot.versions, model.version: model}
                versions.pop(model.version)
                versions[model.version] = model
                previous = slot.current if slot.current.version != model.version else slot.previous
                while len(versions) > keep:
                    versions.pop(next(iter(versions)))
                made = ModelSlot(model, versions, previous)
            self._set({**self.slots, model.name: made})

    def remove(self, name: str) -> None:
        """Serve a model no more; requests that it has begun end.

        Parameters
        ----------
        name : str
            The model's.

        Raises
        ------
        Refusal
            404 when there is none.
        """
        with self._lock:
            self.find(name)
            self._set({known: slot for known, slot in self.slots.items() if known != name})

    def roll_back(self, name: str) -> HostedModel:
        """Serve the version before the current one again.

        Parameters
        ----------
        name : str
            The model's.

        Returns
        -------
        HostedModel
            What is served now.

        Raises
        ------
        Refusal
            404 when there is no such model, 409 when it has no version before.
        """
        with self._lock:
            self.find(name)
            slot = self.slots[name]
            before = slot.previous
            if before is None:
                raise Refusal(409, f"Model {_cut(name)!r} has no version before this one.")
            versions = {before.version: before, **slot.versions}
            made = ModelSlot(before, versions, slot.current)
            self._set({**self.slots, name: made})
            return before

    def split(self, name: str, shares: Mapping[str, float], shadow: str | None) -> None:
        """Send shares of a model's requests to other versions, and copies to a shadow.

        Parameters
        ----------
        name : str
            The model's.
        shares : mapping of str to float
            Share of each version; the current one takes the rest.
        shadow : str or None
            A version that is asked beside.

        Raises
        ------
        Refusal
            404 for a version that is not loaded, 400 for shares that are none.
        """
        with self._lock:
            models = [self.find(name, version) for version in shares]
            ends = list(accumulate(shares.values()))
            if any(not 0 <= share <= 1 for share in shares.values()) or (ends and ends[-1] > 1):
                raise Refusal(400, "Shares are numbers from 0 to 1 whose sum is at most 1.")
            slot = self.slots[self.find(name).name]
            beside = None if shadow is None else self.find(name, shadow)
            canary = tuple(zip(models, ends, strict=True))
            self._set({**self.slots, name: replace(slot, canary=canary, shadow=beside)})

    def _set(self, slots: dict[str, ModelSlot]) -> None:
        self.slots = slots
        for changed in self.on_change:
            changed()


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "..."
