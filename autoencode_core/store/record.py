"""RunRecord: a run as plain numbers (numpy, no torch), which is what pages draw and the store keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.knobs import in_words
from autoencode_core.spec import RunSpec
from autoencode_core.store.choice import Choice
from autoencode_core.store.history import HISTORY, Status
from autoencode_core.units import unexplained
from autoencode_core.words import as_set, measured

Array = NDArray[Any]

__all__ = ["HISTORY", "PATH", "PROBE", "TRAINING_PROBE", "WEIGHTS", "RunRecord", "Status", "summary_line"]
WEIGHTS = ("control", "center", "scale", "axes", "order")
"""Arrays that make the model: control (P,), coordinates (d,), (d,), (d, d), order (d,) of components."""

PATH = ("path_iterations", "path_controls")
"""Arrays beside them that a run may have: controls kept along its training (c, P), and when (c,)."""

TRAINING_PROBE = (
    "inputs",
    "targets",
    "hue",
    "labels",
    "snapshot_iterations",
    "snapshot_codes",
    "snapshot_outputs",
)
"""Arrays of the probe batch that training gives."""

PROBE = (*TRAINING_PROBE, "flow_times", "flow_states", "flow_active", "flow_dropped")
"""Arrays of the probe batch, n particles of the training set.

inputs, targets (n, d) in data units (targets (n, k) for classify); hue (n,) in [0, 1] for colour, the label
or the place along the data set; labels (n,) int, empty (0,) when unlabelled; snapshot_iterations (s,);
snapshot_codes (s, n, k); snapshot_outputs (s, n, d) in data units (classify: codes again (s, n, k));
flow_times (S,); flow_states (S, n, d) in flow coordinates, the state at T/2 after the projection;
flow_active (S, d) bool; flow_dropped (n, d) the state at T/2 just before the projection.
"""


@dataclass(frozen=True)
class RunRecord:
    """A run without torch: spec, outcome, history, weights and the probe batch's pictures.

    Attributes:
        spec: what was asked, with the changes that were made by hand on the way.
        status: finished (all iterations), converged (stationarity reached), stopped (by a person)
            or diverged.
        message: why it ended, in a sentence.
        name: a name given by a person, "" when none.
        created: ISO date and time, UTC.
        history: HISTORY keys to equal-length lists.
        summary: figures of the end, in flow coordinates: train_error, test_error (mean squared distance),
            pca_train_error, pca_test_error (None where PCA does not apply), train_variance, test_variance of
            the targets, unexplained and pca_unexplained, test errors as shares of test_variance (None where
            that is 0; all four missing in runs of old); parameters, seconds,
            iterations, accuracy (classify only, else None), seconds; ode_difference, of the network from the
            exact flow of its own control as a share of the targets' spread, and ode_test_error, that flow's
            test error (None where they are no finite numbers, missing in runs of old), ode_settled, whether
            that flow is known (1 or 0); substeps, those of the trained network; warm_start, λ of the run
            whose control it started from, only where it did not start from its seed.
        weights: WEIGHTS keys to arrays, and perhaps those of PATH.
        probe: PROBE keys to arrays.
        labels: names of the classes, in label order.
        columns: names of the components.
        choice: how the data chose λ, None where the spec gave it.
    """

    spec: RunSpec
    status: Status
    message: str
    history: Mapping[str, list[float]]
    summary: Mapping[str, float | None]
    weights: Mapping[str, Array]
    probe: Mapping[str, Array]
    name: str = ""
    created: str = ""
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    choice: Choice | None = None

    @property
    def substeps(self) -> int:
        """Sub-steps r of a layer of the trained network."""
        return int(self.summary.get("substeps") or self.spec.substeps)

    def renamed(self, name: str) -> "RunRecord":
        """This record under another name."""
        return replace(self, name=name)

    def trimmed(self, particles: int = 300, snapshots: int = 8) -> "RunRecord":
        """This record with fewer probe particles and fewer moments of its training, to take less room."""
        probe, n = self.probe, min(particles, len(self.probe["inputs"]))
        iterations = probe["snapshot_iterations"]
        kept = np.unique(np.linspace(0, len(iterations) - 1, snapshots).round().astype(int))
        by_particle = {key: probe[key][:n] for key in ("inputs", "targets", "hue", "labels", "flow_dropped")}
        by_snapshot = {key: probe[key][kept][:, :n] for key in ("snapshot_codes", "snapshot_outputs")}
        others = {"flow_states": probe["flow_states"][:, :n], "snapshot_iterations": iterations[kept]}
        return replace(self, probe={**probe, **by_particle, **by_snapshot, **others})


def summary_line(record: RunRecord) -> str:
    """One line for lists: data set, widths, regime and error."""
    spec, error = record.spec, record.summary.get("test_error")
    shown = "–" if error is None or not np.isfinite(error) else measured(error, 4)
    shown = unexplained(record.summary) or f"test error {shown}"
    data = in_words("dataset", spec.dataset)
    return f"{data} · k = {spec.bottleneck} · λ = {as_set(spec.weight)} · {spec.method} · {shown}"
