"""The questions that may be asked about a stored run, by name; their functions live on workers only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Task:
    """One kind of question.

    Attributes:
        home: "module:function", imported on the worker and called there as function(run, report=report,
            **arguments); it gives a dict of arrays and plain values.
        wants: the run with its model ("run") or the plain numbers ("record").
    """

    home: str
    wants: Literal["run", "record"] = "run"


_ANALYSIS = (
    "trajectories",
    "density",
    "field_grid",
    "decode_path",
    "sheet",
    "walk",
    "embedding",
    "activity",
    "neighbours",
)

TASKS: Mapping[str, Task] = {
    **{name: Task(f"autoencode_core.analysis:{name}") for name in _ANALYSIS},
    "export": Task("autoencode_core.runs.export:export", wants="record"),
}
"""Every question by its name."""
