"""Question: what may be asked about stored runs; its function lives on workers only."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from autoencode_core.store.record import RunRecord

A = TypeVar("A", bound=Mapping[str, object])


@dataclass(frozen=True)
class Question(Generic[A]):
    """A question, typed by the shape A of its answer.

    Attributes:
        name: what it is called, in messages and in ids of answers.
        home: "module:function", imported on the worker and called there as function(run, report=report,
            **arguments); it gives a dict of arrays and plain values.
        wants: the run with its model ("run"), the plain numbers ("record"), a list of runs ("runs"), or
            "nothing" beside its arguments.
        heavy: whether it trains, or computes for many seconds: no link alone has it computed.
        heavy_from: how large runs make it so, by `size_of`, where it is not always.
    """

    name: str
    home: str
    wants: Literal["run", "record", "runs", "nothing"] = "run"
    heavy: bool = False
    heavy_from: float = math.inf

    def is_heavy(self, records: Sequence[RunRecord]) -> bool:
        """Whether it takes many seconds about these runs."""
        return self.heavy or sum(map(size_of, records)) >= self.heavy_from


def size_of(record: RunRecord) -> int:
    """What one evaluation of J costs, about: entries of the control times particles times sub-steps."""
    return len(record.weights["control"]) * record.spec.particles * record.substeps
