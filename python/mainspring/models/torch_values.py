"""What a torch module's graph computes, as values: numbers of layers, and columns of inputs.

One method for each thing that takes columns, looks up, joins or adds; modules and functions with
weights are read in from_torch_graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mainspring.models.network import Network
from mainspring.models.torch_modules import numbers, refused

__all__ = ["GraphValues", "Input", "Value", "WidthFoundError", "argument", "is_node"]


@dataclass
class Input:
    """Columns of what a module is called with."""

    name: str
    columns: list[int] | None = None  # None: all of them
    is_flat: bool = False  # one column, without an axis


@dataclass
class Value:
    """What a layer makes: rows of numbers, or of `count` vectors."""

    layer: int
    count: int = 0  # 0: no vectors
    readers: int = 1


class WidthFoundError(Exception):
    """A later layer says how many columns an input must have.

    Parameters
    ----------
    name : str
        The input.
    width : int
        Its columns.
    """

    def __init__(self, name: str, width: int) -> None:
        super().__init__(name)
        self.name = name
        self.width = width


class GraphValues:
    """Inputs and values of a module while its graph is read.

    Parameters
    ----------
    model : torch.nn.Module
        Of one or two inputs.
    widths : dict
        How many columns inputs have that are read as a whole, where that is known.
    """

    def __init__(self, model: Any, widths: dict[str, int]) -> None:
        self.model = model
        self.name = type(model).__name__
        self.network = Network()
        self.inputs: dict[str, int] = {}  # columns that are known of, by input
        self.widths = dict(widths)
        self.unknown: set[str] = set()  # inputs that were read before their width was known
        self.reads: dict[int, list[tuple[str, int]]] = {}  # of layers of features
        self.values: dict[Any, Any] = {}

    def _made(self, node: Any, layer: int, count: int = 0) -> Value:
        return Value(layer, count, len(node.users))

    def _same(self, node: Any, of: Any) -> Any:
        value = self.values[of]
        if isinstance(value, Value):  # what it had may be read, too
            return Value(value.layer, value.count, max(len(node.users), value.readers))
        return value

    def _need_flat(self, value: Value, width: int, where: str) -> None:
        missing = width - self.network.widths[value.layer]
        if missing > 0 and not value.count and len(self.unknown) == 1:
            (name,) = self.unknown
            raise WidthFoundError(name, missing)
        if value.count or missing != 0:
            raise refused(
                where,
                f"it is not given rows of {width} numbers",
                "Flatten vectors first: x.flatten(1).",
            )

    def _know(self, given: Input, width: int | None) -> list[int]:
        """Return the columns of an input, all of which are `width` where that is known."""
        if given.columns is None:
            if width is None and given.name not in self.widths:
                self.unknown.add(given.name)
                return []
            count = self.widths[given.name] if width is None else width
            self.widths[given.name] = count
            self.inputs[given.name] = max(self.inputs[given.name], count)
            return list(range(count))
        self.inputs[given.name] = max(self.inputs[given.name], max(given.columns) + 1)
        return given.columns

    def _value(self, of: Any, where: str, width: int | None = None) -> Value:
        """Return a node's numbers; of an input those of its columns."""
        value = self.values.get(of) if is_node((of,)) else None
        if isinstance(value, Value):
            return value
        if not isinstance(value, Input):
            raise refused(where, "it is given what is neither features nor numbers made of them")
        columns = self._know(value, width)
        layer = self.network.add("features", columns)
        self.reads[layer] = [(value.name, column) for column in columns]
        return Value(layer)

    def _columns(self, given: Any, key: Any, where: str) -> Input:
        is_rows = isinstance(key, tuple) and len(key) == 2 and key[0] == slice(None)
        if not isinstance(given, Input) or given.is_flat or not is_rows:
            raise refused(where, "only columns of an input can be taken, x[:, 3] or x[:, 2:5]")
        at = key[1]
        taken: list[int] = []
        if isinstance(at, int):
            taken = [at]
        elif isinstance(at, list) and all(isinstance(column, int) for column in at):
            taken = at
        elif isinstance(at, slice) and at.step is None and isinstance(at.stop, int):
            taken = list(range(at.start or 0, at.stop))
        count = None if given.columns is None else len(given.columns)
        if taken and min(taken) >= 0 and (count is None or max(taken) < count):
            of = taken if given.columns is None else [given.columns[column] for column in taken]
            return Input(given.name, of, is_flat=isinstance(at, int))
        raise refused(where, f"the columns {at} are not named by numbers from 0 on")

    def _embedding(self, node: Any, module: Any, where: str) -> Value:
        if module.max_norm is not None:
            raise refused(where, "its max_norm changes the table while it is read")
        given = self.values[node.args[0]]
        if not isinstance(given, Input):
            raise refused(where, "it looks up what is no column of an input")
        columns = self._know(given, None)
        table = numbers(module.weight).astype(np.float32)
        rows = np.concatenate([table] * len(columns))
        layer = self.network.add("embedding", columns, rows, [len(table)] * len(columns))
        self.reads[layer] = [(given.name, column) for column in columns]
        return self._made(node, layer, 0 if given.is_flat else len(columns))

    def _tables(self, node: Any, module: Any, where: str) -> Value:
        """Look up a table for each column, all of which lie in one matrix."""
        given = self.values[node.args[0]]
        if not isinstance(given, Input):
            raise refused(where, "it looks up what is no column of an input")
        sizes = [int(size) for size in module.sizes]
        columns = self._know(given, len(sizes))
        table = numbers(module.weight).astype(np.float32)
        if len(columns) != len(sizes) or sum(sizes) != len(table):
            raise refused(where, "its sizes are not those of its columns and its weight")
        layer = self.network.add("embedding", columns, table, sizes)
        self.reads[layer] = [(given.name, column) for column in columns]
        return self._made(node, layer, len(columns))

    def _crossed(self, node: Any, where: str) -> Value:
        sides = [self._value(side, where) for side in node.args]
        widths = {self.network.widths[side.layer] for side in sides}
        if len(widths) != 1 or any(side.count for side in sides):
            raise refused(where, "its three inputs are not rows of one length")
        return self._made(node, self.network.add("cross", [side.layer for side in sides]))

    def _flat(self, node: Any, where: str) -> Any:
        if node.op == "call_module":
            module = self.model.get_submodule(node.target)
            start, end = module.start_dim, module.end_dim
        else:
            start, end = argument(node, 1, "start_dim"), argument(node, 2, "end_dim")
        if start != 1 or end not in (None, -1):
            raise refused(where, "it does not flatten all but the first dimension")
        value = self._same(node, node.args[0])
        return Value(value.layer, 0, value.readers) if isinstance(value, Value) else value

    def _axis(self, node: Any, name: str, where: str) -> Any:
        dim = argument(node, 1, "dim")
        value = self._same(node, node.args[0])
        if isinstance(value, Input):
            value = self._value(node.args[0], where)
        width = self.network.widths[value.layer]
        if name == "unsqueeze" and value.count == 0 and dim == 1:
            return Value(value.layer, 1, value.readers)
        if name == "squeeze" and dim == 1 and value.count == 1:
            return Value(value.layer, 0, value.readers)
        if name == "squeeze" and value.count == 0 and dim in (1, -1) and width == 1:
            return value  # rows of one number either way
        raise refused(where, "this axis cannot be added or taken away")

    def _joined(self, node: Any, name: str, where: str) -> Value:
        parts = [self._value(part, where) for part in node.args[0]]
        dim = argument(node, 1, "dim")
        widths = [self.network.widths[part.layer] for part in parts]
        each = [width // max(part.count, 1) for width, part in zip(widths, parts, strict=True)]
        counts = {part.count > 0 for part in parts}
        if name == "stack":
            fits = dim == 1 and counts == {False} and len(set(widths)) == 1
            count = len(parts)
        elif counts == {True}:
            fits = dim == 1 and len(set(each)) == 1
            count = sum(part.count for part in parts)
        else:
            fits = dim in (1, -1) and counts == {False}
            count = 0
        if not fits:
            raise refused(where, "only columns, or vectors of one length, can be joined")
        layer = self.network.add("join", [part.layer for part in parts])
        return self._made(node, layer, count)

    def _summed(self, node: Any, where: str) -> Value:
        """Sum over vectors, number by number, or over the numbers of rows."""
        value = self._value(node.args[0], where)
        dim, keeps = argument(node, 1, "dim"), bool(argument(node, 2, "keepdim"))
        width = self.network.widths[value.layer]
        dim = dim[0] if isinstance(dim, tuple | list) and len(dim) == 1 else dim
        if value.count and dim == 1:
            each = width // value.count
            weights = np.tile(np.eye(each), value.count)
        elif not value.count and dim in (1, -1):
            each, keeps = 1, False
            weights = np.ones((1, width))
        else:
            raise refused(where, "it does not sum over vectors or over the numbers of a row")
        layer = self.network.add("dense", [value.layer], weights, np.zeros(each))
        return self._made(node, layer, 1 if keeps else 0)

    def _pair(self, node: Any, kind: str, where: str) -> Value:
        if len(node.args) != 2 or any(key != "alpha" or of != 1 for key, of in node.kwargs.items()):
            raise refused(where, "it has more than two sides")
        constants = [self._constant(side) for side in node.args]
        numbers = [side for side, c in zip(node.args, constants, strict=True) if c is None]
        if len(numbers) == 1:
            value = self._value(numbers[0], where)
            constant = next(c for c in constants if c is not None)
            width = self.network.widths[value.layer]
            if value.count or constant.size not in (1, width):
                raise refused(where, "the constant does not have a number for each column")
            array = np.broadcast_to(constant.ravel(), (width,))
            ones, zeros = np.ones(width), np.zeros(width)
            arrays = (ones, array) if kind == "add" else (array, zeros)
            return self._made(node, self.network.add("scale", [value.layer], *arrays))
        sides = [self._value(side, where) for side in numbers]
        widths = {self.network.widths[side.layer] for side in sides}
        if len(sides) != 2 or len(widths) != 1 or sides[0].count != sides[1].count:
            raise refused(where, "its two sides have different shapes")
        layer = self.network.add(kind, [side.layer for side in sides])
        return self._made(node, layer, sides[0].count)

    def _constant(self, side: Any) -> Any:
        value = self.values.get(side) if is_node((side,)) else side
        if isinstance(value, Input | Value):
            return None
        if isinstance(value, int | float):
            return np.array([float(value)])
        return numbers(value)


def is_node(arguments: Any) -> bool:
    """Say whether the first of some arguments is a node of a graph.

    Parameters
    ----------
    arguments : sequence
        Of a call; may be empty.

    Returns
    -------
    bool
        False for constants.
    """
    return bool(arguments) and type(arguments[0]).__name__ == "Node"


def argument(node: Any, position: int, name: str) -> Any:
    """Return an argument of a call, or None.

    Parameters
    ----------
    node : torch.fx.Node
        The call.
    position : int
        Where it stands without a name.
    name : str
        Its name.

    Returns
    -------
    object
        A node or a constant.
    """
    if len(node.args) > position:
        return node.args[position]
    return node.kwargs.get(name)
