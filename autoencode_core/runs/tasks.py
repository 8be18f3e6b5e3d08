"""The questions that may be asked about stored runs, by name; their functions live on workers only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Task:
    """One kind of question.

    Attributes:
        home: "module:function", imported on the worker and called there as function(run, report=report,
            **arguments); it gives a dict of arrays and plain values.
        wants: the run with its model ("run"), the plain numbers ("record"), or a list of runs ("runs").
    """

    home: str
    wants: Literal["run", "record", "runs"] = "run"


_ANALYSIS = (
    "trajectories",
    "density",
    "field_grid",
    "decode_path",
    "sheet",
    "walk",
    "embedding",
    "activity",
    "column_errors",
    "neighbours",
    "curvature",
    "curvature_path",
    "curvature_depths",
    "flat_direction",
    "mass",
    "doubled",
    "push_forward",
    "particle_sweep",
    "costates",
    "hamiltonian",
    "local_maximality",
    "maximality",
    "maximality_path",
    "control_strip",
    "pmp_iteration",
    "race",
    "refinement",
    "geometry",
    "deeper",
    "component_choice",
    "component_horizons",
    "own_rows",
    "new_rows",
)

TASKS: Mapping[str, Task] = {
    **{name: Task(f"autoencode_core.analysis:{name}") for name in _ANALYSIS},
    "landscape_line": Task("autoencode_core.analysis:line"),
    "landscape_plane": Task("autoencode_core.analysis:plane"),
    "curvatures": Task("autoencode_core.analysis:curvatures", wants="runs"),
    "export": Task("autoencode_core.runs.export:export", wants="record"),
}
"""Every question by its name."""
