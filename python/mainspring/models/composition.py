"""Models made of models, as readers put them together: what the engine packs and runs.

A composition is a straight line of nodes, each of which makes columns of numbers from the features
and from columns before it.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainspring._engine import ModelImage

__all__ = ["Columns", "Composition", "MixedScores", "PartScores", "Scores", "labels_of"]

# ModelHeader of the engine: the fields up to the threshold.
_HEADER = struct.Struct("<IIIIdIIdd")
_LABELS = struct.Struct("<IIQ")
_INTEGER, _FLOAT, _BOOL = 1, 2, 3
_DECISIONS = {1: "raw", 2: "probability"}


def labels_of(image: ModelImage) -> list[Any]:
    """Return what the classes of a model are called.

    Parameters
    ----------
    image : ModelImage
        Any model.

    Returns
    -------
    list of bool, int, float or str
        Empty where its predict gives numbers.
    """
    section = image.labels
    if not section:
        return []
    count, kind, _ = _LABELS.unpack_from(section)
    if kind == _INTEGER:
        return list(struct.unpack_from(f"<{count}q", section, _LABELS.size))
    if kind == _FLOAT:
        return list(struct.unpack_from(f"<{count}d", section, _LABELS.size))
    words = struct.unpack_from(f"<{count}Q", section, _LABELS.size)
    if kind == _BOOL:
        return [bool(word) for word in words]
    text = section[_LABELS.size + 8 * count :]
    return [text[begin:end].decode() for begin, end in itertools.pairwise((0, *words))]


@dataclass(frozen=True)
class Columns:
    """Some columns next to each other, of the features or of a node.

    Parameters
    ----------
    source : int
        0 for the features, k for node k - 1.
    first, count : int
        Which of its columns.
    """

    source: int
    first: int
    count: int

    def one(self, number: int) -> Columns:
        """Return one of these columns.

        Parameters
        ----------
        number : int
            Counted from the first of these.

        Returns
        -------
        Columns
            A single one.
        """
        return Columns(self.source, self.first + number, 1)

    def rest(self) -> Columns:
        """Return all but the first of these columns.

        Returns
        -------
        Columns
            One less.
        """
        return Columns(self.source, self.first + 1, self.count - 1)


@dataclass
class Composition:
    """Parts and nodes while they grow.

    Parameters
    ----------
    num_features : int
        Of the whole model.
    """

    num_features: int
    parts: list[ModelImage] = field(default_factory=list)
    nodes: list[Any] = field(default_factory=list)

    @property
    def features(self) -> Columns:
        """The features of the whole model."""
        return Columns(0, 0, self.num_features)

    def add(
        self, kind: str, width: int, inputs: Sequence[Columns], numbers: Sequence[float] = ()
    ) -> Columns:
        """Append a node that is no model.

        Parameters
        ----------
        kind : str
            The engine's word for what it computes.
        width : int
            How many columns it makes.
        inputs : sequence of Columns
            What it reads.
        numbers : sequence of float, default ()
            Its weights, points or factors.

        Returns
        -------
        Columns
            What it makes.
        """
        ranges = [(columns.source, columns.first, columns.count) for columns in inputs]
        self.nodes.append(
            (kind, width, ranges, [float(number) for number in numbers], 0, "predict")
        )
        return Columns(len(self.nodes), 0, width)

    def add_part(self, image: ModelImage) -> int:
        """Append a model.

        Parameters
        ----------
        image : ModelImage
            No composite.

        Returns
        -------
        int
            Its number.
        """
        self.parts.append(image)
        return len(self.parts) - 1

    def run_part(self, part: int, output: str, columns: Columns) -> Columns:
        """Append a node that runs a model.

        Parameters
        ----------
        part : int
            Its number.
        output : {"predict", "proba", "raw"}
            What of it.
        columns : Columns
            Its features.

        Returns
        -------
        Columns
            What it makes; of a classifier's predict, the number of the class.
        """
        image = self.parts[part]
        width = image.num_outputs
        if output == "proba":
            width = image.num_classes
        elif output == "predict" and image.labels:
            width = 1
        inputs = [(columns.source, columns.first, columns.count)]
        self.nodes.append(("model", width, inputs, [], part, output))
        return Columns(len(self.nodes), 0, width)

    def image(
        self,
        columns: Columns,
        names: list[str],
        description: str,
        *,
        finished_by: int = -1,
        num_classes: int = 0,
    ) -> ModelImage:
        """Pack everything.

        Parameters
        ----------
        columns : Columns
            The raw scores.
        names : list of str
            The features.
        description : str
            One line for people.
        finished_by : int, default -1
            The part whose raw scores these are, so that what becomes of them is as there.
        num_classes : int, default 0
            Without such a part. 0: not a classifier.

        Returns
        -------
        ModelImage
            The bytes of the model.
        """
        last = Columns(len(self.nodes), 0, self.nodes[-1][1])
        if columns != last:
            self.add("gather", columns.count, [columns])
        return _engine.make_composite(
            self.parts, self.nodes, finished_by, num_classes, names, description
        )


class PartScores:
    """What one model gives: nodes come when they are asked for.

    Parameters
    ----------
    composition : Composition
        Where its nodes go.
    image : ModelImage
        The model.
    columns : Columns
        Its features.
    """

    def __init__(self, composition: Composition, image: ModelImage, columns: Columns) -> None:
        self._composition = composition
        self._image = image
        self._columns = columns
        self._part = composition.add_part(image)
        self._known: dict[str, Columns] = {}
        self.labels = labels_of(image)

    def _output(self, output: str) -> Columns:
        if output not in self._known:
            self._known[output] = self._composition.run_part(self._part, output, self._columns)
        return self._known[output]

    def predictions(self) -> Columns:
        """Return what a regressor predicts, or the number of the class.

        Returns
        -------
        Columns
            One for each output; of a classifier one.
        """
        return self._output("predict")

    def probabilities(self) -> Columns:
        """Return probabilities of a classifier.

        Returns
        -------
        Columns
            One for each class.
        """
        return self._output("proba")

    def raw(self) -> Columns:
        """Return raw scores.

        Returns
        -------
        Columns
            One for each output.
        """
        return self._output("raw")

    def finish(self, names: list[str], description: str, labels: list[Any]) -> ModelImage:
        """Make these the scores of the whole model.

        Parameters
        ----------
        names : list of str
            The features.
        description : str
            One line for people.
        labels : list
            What the classes are called; empty of a regressor.

        Returns
        -------
        ModelImage
            The whole.
        """
        fields = _HEADER.unpack_from(self._image.section)
        image = self._composition.image(self.raw(), names, description, finished_by=self._part)
        if not labels:
            return image
        return image.with_labels(labels, _DECISIONS[fields[6]], fields[8])


@dataclass
class MixedScores:
    """What several models give together.

    Parameters
    ----------
    composition : Composition
        Where its nodes are.
    columns : Columns
        Predictions, probabilities or votes.
    labels : list
        One for each column; empty of a regressor.
    are_probabilities : bool
        Whether the columns of a classifier are.
    """

    composition: Composition
    columns: Columns
    labels: list[Any]
    are_probabilities: bool = True

    def predictions(self) -> Columns:
        """Return what a regressor predicts, or the number of the class.

        Returns
        -------
        Columns
            One for each output; of a classifier one.
        """
        if not self.labels:
            return self.columns
        return self.composition.add("highest", 1, [self.columns])

    def probabilities(self) -> Columns:
        """Return probabilities of a classifier.

        Returns
        -------
        Columns
            One for each class.
        """
        if not self.are_probabilities:
            raise errors.UnsupportedError(
                "A vote of labels has no probabilities, but another model is made of them; "
                "expected voting='soft'.",
                expected="voting='soft'",
                got="voting='hard'",
            )
        return self.columns

    def raw(self) -> Columns:
        """Return the columns themselves.

        Returns
        -------
        Columns
            One for each output.
        """
        return self.columns

    def finish(self, names: list[str], description: str, labels: list[Any]) -> ModelImage:
        """Make these the scores of the whole model.

        Parameters
        ----------
        names : list of str
            The features.
        description : str
            One line for people.
        labels : list
            What the classes are called; empty of a regressor.

        Returns
        -------
        ModelImage
            The whole.
        """
        image = self.composition.image(self.columns, names, description, num_classes=len(labels))
        if not labels:
            return image
        return image.with_labels(labels, "probability" if self.are_probabilities else "raw", 0.0)


Scores = PartScores | MixedScores
