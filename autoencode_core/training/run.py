"""Run: what training gives back, and Progress: what it says on the way."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autoencode_core.changes import Change
from autoencode_core.data.catalogue import CATALOGUE, GIVEN
from autoencode_core.data.loading import DataSet, load
from autoencode_core.data.reading import file_title
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.spec import RunSpec
from autoencode_core.store.choice import Choice
from autoencode_core.store.history import Status
from autoencode_core.words import as_set

Array = NDArray[Any]
_NOTEBOOK = "autoencode_core.export.notebook"
"""By name: exports lie above training."""


class Snapshot(NamedTuple):
    """The probe batch at one iteration: codes (n, k), outputs (n, d) in data units, float32."""

    codes: Array
    outputs: Array


class Choosing(NamedTuple):
    """How far the choice of λ is: trainings begun, of how many at most, and the share of the work done."""

    begun: int
    trainings: int
    share: float


@dataclass(frozen=True)
class Progress:
    """One iteration of one regime, for whoever watches.

    Attributes:
        iterations: most iterations that may come; the other numbers are those of Row.
        regime: index of the regime in a sweep, or of the training in a choice of λ.
        probe: inputs, targets, hue and labels of the probe batch.
        snapshot: computes the probe batch's codes and outputs now.
        history: the regime's rows so far, (iteration + 1, columns of a Row).
        checkpoint: makes the bytes from which the training goes on later, or elsewhere, as `resume` of what
            was called; to be called at once, and once for all regimes of an iteration. They are none where
            they would be too many. None where there can be no checkpoint.
        choosing: while λ is being chosen, how far that is; None once the run itself trains.
    """

    iteration: int
    iterations: int
    cost: float
    data_term: float
    penalty: float
    train_error: float
    test_error: float
    gradient_norm: float
    step: float
    substeps: float
    ode_difference: float
    seconds: float
    regime: int
    probe: Mapping[str, Array]
    snapshot: Callable[[], Snapshot]
    history: Callable[[], Array]
    checkpoint: Callable[[], bytes] | None = None
    choosing: Choosing | None = None


OnProgress = Callable[[Progress], str | Change | None]
"""Hears of an iteration; may answer "stop", "idle" (a stop since nobody resumes it) or a change by hand."""


@dataclass(frozen=True)
class RunData:
    """A run's particles as tensors in data units.

    Attributes:
        train, test: inputs, (N, d) and (M, d).
        train_targets, test_targets: what they must become, same shapes.
        train_labels, test_labels: class numbers (N,), (M,), or None.
        source: the data set as loaded.
    """

    train: Tensor
    test: Tensor
    train_targets: Tensor
    test_targets: Tensor
    train_labels: Tensor | None
    test_labels: Tensor | None
    source: DataSet

    @classmethod
    def of(cls, source: DataSet, dtype: torch.dtype) -> "RunData":
        """The tensors of a loaded data set."""

        def points(part: Array) -> Tensor:
            return torch.as_tensor(part, dtype=dtype)

        def labels(part: Array | None) -> Tensor | None:
            return None if part is None else torch.as_tensor(part)

        train, test = points(source.train), points(source.test)
        return cls(
            train,
            test,
            train if source.train_targets is source.train else points(source.train_targets),
            test if source.test_targets is source.test else points(source.test_targets),
            labels(source.train_labels),
            labels(source.test_labels),
            source,
        )


@dataclass(frozen=True)
class Run:
    """A trained AutoencODE with everything that made it.

    Attributes:
        spec: what was asked, with the changes that were made by hand on the way.
        model: the trained flow.
        history: equal-length lists, one entry per iteration: iteration, cost, data_term, penalty,
            train_error, test_error, gradient_norm, step, substeps, ode_difference, seconds.
        status: finished, converged, stopped or diverged.
        message: why it ended.
        summary: figures of the end (RunRecord.summary).
        probe: the probe batch's arrays (inputs, targets, hue, labels, snapshot_*).
        label_names, columns: names of classes and components.
        path: controls kept on the way, None where a run of old kept none: their iterations (c,) and the
            controls (c, P), the first at the start, the last the trained one.
        choice: how the data chose λ, None where the spec gave it.
        name, created: what a person called it, and when it was trained (ISO, UTC; "" until stored).
    """

    spec: RunSpec
    model: AutoencODE
    history: dict[str, list[float]]
    status: Status
    message: str
    summary: dict[str, float | None]
    probe: dict[str, Array]
    label_names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    path: tuple[Array, Array] | None = field(default=None, repr=False)
    loaded: RunData | None = field(default=None, repr=False)
    choice: Choice | None = field(default=None, repr=False)
    name: str = ""
    created: str = ""

    @cached_property
    def data(self) -> RunData:
        """The particles; a stored run draws them again from its spec, bit for bit.

        Raises:
            InputError: the run's table is gone, or is not what it was; it says no more, for whoever brought
                the run need not know the table.
        """
        if self.loaded is not None:
            return self.loaded
        spec, probe = self.spec, self.probe["inputs"]
        with suppress(InputError):
            data = load_data(spec)
            if np.array_equal(data.source.train[: len(probe)].astype(np.float32), probe):
                return data
        if spec.dataset == GIVEN or spec.dataset in CATALOGUE:
            load_data(spec)  # which says why there is none, of what everybody may know
        wanted = "the file as it was when the run was trained; it is not here, or is another one now"
        raise InputError("dataset", file_title(spec.dataset), wanted)

    def __repr__(self) -> str:
        spec = self.spec
        name = spec.dataset.replace("\\", "/").rsplit("/", 1)[-1]
        cost = f"J = {self.history['cost'][-1]:.6g}" if self.history.get("cost") else "not trained"
        return (
            f"Run of {name}, k = {spec.bottleneck}, λ = {as_set(spec.weight)}, {spec.method}: {self.status} "
            f"after {int(self.summary.get('iterations') or 0)} iterations, {cost}"
        )

    def _repr_html_(self) -> str:
        shown: str = import_module(_NOTEBOOK).run_html(self)
        return shown

    def show(self, view: str = "flow", *, dark: bool = False, height: int = 720) -> Any:
        """A view of the run in the player, for a notebook.

        Args:
            view: flow, unrolled (depth from left to right), latent (codes and outputs over the training),
                costates, density (of all particles), doubled (state and shadow variables).
            dark: whether on a dark page.
            height: css pixels of the player's frame.

        Returns:
            An IPython.display.HTML.

        Raises:
            InputError: there is no such view, or the run has not what it shows.
        """
        return import_module(_NOTEBOOK).show(self, view, dark, height)


class Runs(list[Run]):
    """Several runs, which a notebook shows side by side: for each λ the flow with the lowest J."""

    def _repr_html_(self) -> str:
        shown: str = import_module(_NOTEBOOK).runs_html(self)
        return shown


def load_data(spec: RunSpec) -> RunData:
    """The particles of a spec."""
    return RunData.of(
        load(
            spec.dataset,
            spec.particles,
            spec.noise,
            spec.sample,
            spec.task,
            spec.coordinates,
            spec.reading,
        ),
        DTYPES[spec.dtype],
    )


DTYPES = {"float32": torch.float32, "float64": torch.float64}
