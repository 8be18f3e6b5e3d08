"""Question: what may be asked about stored runs; its function lives on workers only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

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
    """

    name: str
    home: str
    wants: Literal["run", "record", "runs", "nothing"] = "run"
    heavy: bool = False
