"""Problem: what R regimes train on, from their specs to objectives in flow coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autoencode_core.data.coordinates import ROTATING, SCALING, Coordinates
from autoencode_core.data.loading import DataSet, probe_indices
from autoencode_core.data.pca import pca_error
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.autoencode import AutoencODE, label_positions
from autoencode_core.flow.widths import kept_order
from autoencode_core.knobs import allowed
from autoencode_core.spec import RunSpec
from autoencode_core.training.device import pick_device
from autoencode_core.training.flows import codes_and_outputs
from autoencode_core.training.fused import Fused
from autoencode_core.training.layered import part_of
from autoencode_core.training.objective import Objective
from autoencode_core.training.run import DTYPES, Array, RunData, Snapshot, load_data
from autoencode_core.training.streamed import Streamed, fits


@dataclass(frozen=True)
class Regime:
    """One spec with its data, coordinates and initial model (on the CPU)."""

    spec: RunSpec
    data: RunData
    start: AutoencODE
    probe: dict[str, Array]

    @classmethod
    def of(cls, spec: RunSpec, data: RunData | None = None) -> "Regime":
        """Loads the data and fits the coordinates.

        Raises:
            InputError: the data cannot be had, or do not fit the spec.
        """
        data = data or load_data(spec)
        train = np.asarray(data.source.train)
        check_width(spec, train.shape[1])
        check_precision(spec, data.source)
        coordinates = Coordinates.fit(spec.coordinates, train)
        order = kept_order(spec.order, np.asarray(coordinates.to_flow(train)))
        shape = Architecture.of(spec, train.shape[1]).shape
        vector = shape.initial(spec.seed, spec.init_scale, DTYPES[spec.dtype], spec.init_outer)
        return cls(spec, data, AutoencODE(spec, vector, coordinates, order), probe_batch(data.source, spec))

    @property
    def bytes(self) -> int:
        """What all states and targets take in the engine."""
        source = self.data.source
        numbers = source.train.size + source.test.size
        shared = self.spec.task != "classify" and source.train_targets is source.train
        return numbers * self.start.control.vector.element_size() * (1 if shared else 2)

    def objectives(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Train and test states and targets in engine layout (1, ·, N)."""
        model, source = self.start, self.data.source
        x, x_test = (model.to_engine(part).to(device) for part in (source.train, source.test))
        y, y_test = x, x_test
        if self.spec.task == "classify" or source.train_targets is not source.train:
            y = self._targets(source.train_targets, source.train_labels).to(device)
            y_test = self._targets(source.test_targets, source.test_labels).to(device)
        return x, y, x_test, y_test

    def _targets(self, targets: Array, labels: Array | None) -> Tensor:
        """What the last controlled layer must reach: targets, or with classify the labels' positions."""
        if self.spec.task != "classify":
            return self.start.to_engine(targets)
        return torch.as_tensor(self._positions(labels).T.copy()).to(self.start.control.vector)[None]

    def _positions(self, labels: Array | None) -> Array:
        """Where the codes of particles of these classes (n,) belong, (n, k)."""
        return np.asarray(label_positions(len(self.data.source.label_names), self.spec.bottleneck)[labels])

    def _variance(self, targets: Array, labels: Array | None) -> float:
        """Mean squared distance of targets from their mean, in flow coordinates, of positions in the code."""
        if self.spec.task != "classify":
            return self.start.coordinates.variance(targets)
        positions = self._positions(labels)
        return float(np.square(positions - positions.mean(axis=0)).sum(axis=1).mean())

    def summary(self, model: AutoencODE) -> dict[str, float | None]:
        """Figures beside the errors: variances, PCA's errors, accuracy; None where they do not apply."""
        source, spec = self.data.source, self.spec
        figures: dict[str, float | None] = {"parameters": float(len(model.control)), "accuracy": None}
        applies = spec.task in ("reconstruct", "denoise")
        principal = self.start.coordinates if spec.coordinates in ROTATING else None
        for part, inputs, targets, labels in (
            ("train", source.train, source.train_targets, source.train_labels),
            ("test", source.test, source.test_targets, source.test_labels),
        ):
            figures[f"{part}_variance"] = self._variance(targets, labels)
            how = spec.bottleneck, principal
            error = pca_error(spec.coordinates, source.train, inputs, targets, *how) if applies else None
            figures[f"pca_{part}_error"] = error
        if spec.task == "classify" and source.test_labels is not None:
            positions = label_positions(len(source.label_names), spec.bottleneck)
            codes = model.encode(source.test).double().numpy(force=True)
            nearest = np.linalg.norm(codes[:, None] - positions, axis=2).argmin(axis=1)
            figures["accuracy"] = float(np.mean(nearest == source.test_labels))
        return figures


def check_width(spec: RunSpec, width: int) -> None:
    """Bounds that only the data can tell (a table may have changed since the spec was made).

    Raises:
        InputError: bottleneck, profile or order do not fit data of this width.
    """
    if spec.bottleneck > width:
        raise InputError(
            "bottleneck", spec.bottleneck, f"a whole number from 1 to {width}, the width of the data"
        )
    if not isinstance(spec.profile, str) and spec.profile[0] != width:
        raise InputError("profile", spec.profile, f"a list that starts at {width}, the width of the data")
    if not isinstance(spec.order, str) and len(spec.order) != width:
        raise InputError("order", spec.order, f"each of 0 to {width - 1} once; {allowed('order')}")


ROUNDING = 1e-12
"""A column whose spread is a smaller share of its size varies by rounding alone."""
TINY = 1e-30
"""Size below which single precision runs out of digits."""
SIZES = 1e-9, 1e9
"""Spreads that flows can act on: fields know no unit, and squares must not under- or overflow."""


def check_precision(spec: RunSpec, source: DataSet) -> None:
    """Whether numbers of the run's precision can tell the particles apart.

    Raises:
        InputError: a column varies by no more than rounding, or is so far from 0, or so small, that float32
            would round its spread away; or the coordinates do not scale, and the data are of another size
            than flows can act on.
    """
    train = source.train
    extent = float(np.ptp(train, axis=0).max())
    if spec.coordinates not in SCALING and extent and not SIZES[0] <= extent <= SIZES[1]:
        allowed = f"standard or correlation, which scale: these data spread over {extent:.1e}, far from 1"
        raise InputError("coordinates", spec.coordinates, allowed)
    spread, size = np.ptp(train, axis=0), np.abs(train).max(axis=0)
    rounded = (spread > 0) & (spread <= ROUNDING * size)
    if rounded.any():
        column = int(np.flatnonzero(rounded)[0])
        allowed = "columns that vary by more than the rounding of their numbers: leave it out"
        raise InputError(f"column '{source.columns[column]}'", float(train[0, column]), allowed)
    lost = (spread > 0) & ((size * np.finfo(np.float32).eps > 2e-4 * spread) | (size < TINY))
    if spec.dtype == "float32" and bool(lost.any()):
        column = int(np.flatnonzero(lost)[0])
        why = "small" if size[column] < TINY else "far from 0"
        allowed = f"float64 for data this {why} (column '{source.columns[column]}')"
        raise InputError("dtype", spec.dtype, allowed)


def check_products(spec: RunSpec, arch: Architecture, device: torch.device) -> None:
    """Refuses fast products where there are none, so that no knob does nothing.

    Raises:
        InputError: they are asked for, and the device is no CUDA card, the run is in float64, or its nets are
            so narrow that a kernel multiplies number by number.
    """
    if spec.precision != "fast":
        return
    if device.type != "cuda" or spec.dtype != "float32":
        here = f"{spec.dtype} on {device.type}"
        raise InputError(
            "precision", spec.precision, f"highest but for float32 on a CUDA card (here: {here})"
        )
    if Fused.suits(arch, torch.float32, device):
        allowed = f"highest for nets of {arch.width} components, whose kernel multiplies number by number"
        raise InputError("precision", spec.precision, allowed)


def probe_batch(source: DataSet, spec: RunSpec) -> dict[str, Array]:
    """The fixed particles that snapshots and pictures show, at most 500 of the training set."""
    chosen = probe_indices(len(source.train), source.train.shape[1])
    targets: Any = source.train_targets
    if spec.task == "classify" and source.train_labels is not None:
        targets = label_positions(len(source.label_names), spec.bottleneck)[source.train_labels]
    labels = source.train_labels
    return {
        "inputs": source.train[chosen].astype(np.float32),
        "targets": targets[chosen].astype(np.float32),
        "hue": source.train_hue[chosen].astype(np.float32),
        "labels": np.zeros(0, dtype=np.int64) if labels is None else labels[chosen].astype(np.int64),
    }


class Problem:
    """R regimes as one batch: they share all knobs but λ and the seed.

    Args:
        specs: one per regime.
        starts: initial controls (R, P) in the place of those that the seeds give.
        data: particles of each regime in the place of those that its spec names; all as many.

    Raises:
        InputError: the data cannot be had or do not fit, or the starts have another shape.

    Attributes:
        regimes: the regimes.
        train, test: objectives; the test objective has no penalty.
        theta: initial controls, (R, P).
        spec, specs: the first spec, and all.
    """

    def __init__(
        self,
        specs: Sequence[RunSpec],
        starts: Tensor | None = None,
        data: Sequence[RunData] | None = None,
    ) -> None:
        loaded: dict[int, RunData] = {}
        self.regimes = []
        for place, spec in enumerate(specs):
            regime = Regime.of(spec, data[place] if data else loaded.get(spec.sample))
            loaded[spec.sample] = regime.data
            self.regimes.append(regime)
        first, arch = specs[0], self.regimes[0].start.architecture
        self.device = pick_device(first, arch, len(self.regimes[0].data.train), len(specs))
        check_products(first, arch, self.device)
        self.spec, self.specs = first, tuple(specs)
        self._lay_out([spec.weights[0] for spec in specs])
        own_starts = torch.stack([r.start.control.vector for r in self.regimes])
        self.theta = (own_starts if starts is None else _fitting(starts, own_starts)).to(self.device)

    def move_to_processor(self, weights: Sequence[float]) -> None:
        """Lays the objectives out there, from what the host has; nothing of the old device is read.

        Args:
            weights: λ of each regime.
        """
        self.device, self.theta = torch.device("cpu"), torch.zeros(0)
        self._lay_out(weights)

    def _lay_out(self, weights: Sequence[float]) -> None:
        arch = self.regimes[0].start.architecture
        # Regimes of one sample share their particles: one copy serves all.
        shares = len({id(regime.data) for regime in self.regimes}) == 1
        own = self.regimes[:1] if shares else self.regimes
        dtype = DTYPES[self.spec.dtype]
        near = fits(len(own) * self.regimes[0].bytes, self.device)
        engine = None if near else Streamed(arch, self.device, dtype)
        home = self.device if near else torch.device("cpu")
        x, y, x_test, y_test = zip(*(r.objectives(home) for r in own), strict=True)
        tikhonov = torch.tensor(weights, dtype=dtype, device=self.device)
        train, test = _joined(x), _joined(x_test)
        train_y = train if y[0] is x[0] else _joined(y)
        test_y = test if y_test[0] is x_test[0] else _joined(y_test)
        self.train = Objective(arch, train, train_y, tikhonov, engine)
        self.test = Objective(arch, test, test_y, torch.zeros_like(tikhonov), self.train.engine)

    def model(self, regime: int, theta: Tensor, substeps: int) -> AutoencODE:
        """The model of one regime at a control (P,) and so many sub-steps, on the CPU."""
        return self.regimes[regime].start.with_control(theta.detach().cpu()).in_substeps(substeps)

    def snapshots(self, regimes: Sequence[int], theta: Tensor, arch: Architecture) -> list[Snapshot]:
        """The probe batches of some regimes at their controls (r, P), all at once."""
        x = part_of(self.train.x, regimes, slice(len(self.regimes[0].probe["inputs"]))).to(theta)
        codes, ends = (part.cpu() for part in codes_and_outputs(arch, theta, x))
        found = []
        for regime, code, end in zip(regimes, codes, ends, strict=True):
            shown = code.T.float().numpy().copy()
            if self.spec.task != "classify":
                end = self.regimes[regime].start.from_engine(end[None]).float()
            found.append(Snapshot(shown, shown if self.spec.task == "classify" else end.numpy()))
        return found


def _fitting(starts: Tensor, own: Tensor) -> Tensor:
    if starts.shape != own.shape:
        raise InputError("start", f"shape {tuple(starts.shape)}", f"controls of shape {tuple(own.shape)}")
    return starts.to(own)


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts))
