"""Records of a plan as they are checked, and what is known while its steps are gone through."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.reference.bundle_payloads import expect

F32, F64, I32, I64, BYTES, F64_LIST, I64_LIST, BYTES_LIST = 1, 2, 3, 4, 5, 6, 7, 8


@dataclass
class Step:
    """One step record."""

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    numbers: tuple[float, ...]
    number_bits: tuple[int, ...]
    integers: tuple[int, ...]
    data_offset: int
    data_length: int
    payload: bytes = b""


@dataclass
class Plan:
    """The records of a plan, and what is known while its steps are gone through."""

    inputs: list[tuple[int, int]]  # kind, unit
    slots: list[int]
    outputs: list[tuple[int, int]]  # cardinality, num_features
    cardinality: dict[int, int] = field(default_factory=dict)  # of written slots
    num_stored: int = 0  # features
    num_outputs_stored: int = 0
    num_lists: int = 0
    pool: bytes = b""

    def stores(self, first: int, count: int, *, one: bool = False, num_ids: int = 0) -> None:
        """The next features, which end where those of an output end, of so many ids."""
        expect(first == self.num_stored)
        while self.num_stored < first + count and self.num_outputs_stored < len(self.outputs):
            cardinality, features = self.outputs[self.num_outputs_stored]
            expect(cardinality == 0 or num_ids <= cardinality)
            expect(not one or features == 0)
            self.num_stored += features or 1
            self.num_outputs_stored += 1
        expect(self.num_stored == first + count)

    def type_of(self, step: Step) -> int:
        """The type of its only input."""
        expect(len(step.inputs) == 1)
        return self.slots[step.inputs[0]]

    def reads(self, step: Step, *types: int) -> None:
        expect(len(step.inputs) == len(types))
        expect(all(self.slots[s] == t for s, t in zip(step.inputs, types, strict=True)))

    def writes(self, step: Step, type_: int, *, in_place: bool = False) -> None:
        expect(len(step.outputs) == 1 and self.slots[step.outputs[0]] == type_)
        expect(in_place or step.outputs[0] not in step.inputs)
