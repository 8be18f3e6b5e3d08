"""What analyses share: a run's particles, also when its data file is gone, and their passage in blocks."""

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autoencode_core.data.loading import DataSet, load
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import AutoencODE, label_positions
from autoencode_core.training.run import Run

Array = NDArray[Any]
BLOCK_BYTES = 32 * 2**20
"""About how much memory the trajectories of one block of particles take."""
MOST_PLACES = 500_000
"""Frames times particles whose places are handed out to be drawn: 2 MB for a page."""


@dataclass(frozen=True)
class Particles:
    """Some particles of a run.

    Attributes:
        inputs: (n, d) in data units.
        targets: what they must become, (n, d) in data units; for classify positions (n, k) in the code.
        labels: class numbers (n,), empty when unlabelled.
        hue: place along the data set (n,), in [0, 1].
        trained: the first so many are what the run was trained on.
        note: what a person must know of them, "" when nothing.
    """

    inputs: Array
    targets: Array
    labels: Array
    hue: Array
    trained: int
    note: str = ""

    def chosen(self, rows: Any) -> "Particles":
        """Some of them, by index or slice."""
        labels = self.labels[rows] if len(self.labels) else self.labels
        inputs, targets, hue = self.inputs[rows], self.targets[rows], self.hue[rows]
        return Particles(inputs, targets, labels, hue, min(self.trained, len(inputs)), self.note)


def training_particles(run: Run) -> Particles:
    """All particles that a run was trained on, or those stored with it when its data cannot be had."""
    try:
        source = run.data.source
    except InputError as error:
        return _stored(run, error)
    return _of(run, source, len(source.train))


def drawn(run: Run, count: int, seed: int | None = None) -> Particles:
    """Particles of a run's law.

    Args:
        run: the run.
        count: how many, from 1; a finite data set has no more than it has.
        seed: None begins with the particles that the run was trained on and goes on with fresh ones
            of the same law; a number draws them all anew.

    Raises:
        InputError: count is no whole number from 1 to 1,000,000, or seed is negative.
    """
    whole = isinstance(count, int) and not isinstance(count, bool)
    if not whole or not 1 <= count <= 1_000_000:
        raise InputError("particles", count, "a whole number from 1 to 1000000")
    if seed is not None and (not isinstance(seed, int) or seed < 0):
        raise InputError("seed", seed, "a whole number from 0")
    spec = run.spec
    own = seed is None or seed == spec.sample
    try:
        most = spec.card().most_particles
        there = count if most is None else min(count, most)
        sample = spec.sample if seed is None else seed
        source = load(spec.dataset, there, spec.noise, sample, spec.task, spec.coordinates, spec.reading)
    except InputError as error:
        return _stored(run, error).chosen(slice(count))
    same = min(there, len(run.probe["inputs"]))
    if own and not np.array_equal(source.train[:same].astype(np.float32), run.probe["inputs"][:same]):
        changed = InputError("dataset", spec.dataset, "the file as it was when the run was trained")
        return _stored(run, changed).chosen(slice(count))
    note = "" if there == count else f"The data set has no more than {there} training particles."
    return _of(run, source, min(there, spec.particles) if own else 0, note)


def _of(run: Run, source: DataSet, trained: int, note: str = "") -> Particles:
    labels = np.empty(0, np.int64) if source.train_labels is None else source.train_labels
    targets: Array = source.train_targets
    if run.spec.task == "classify":
        targets = label_positions(len(source.label_names), run.spec.bottleneck)[labels]
    return Particles(source.train, targets, labels, source.train_hue, trained, note)


def _stored(run: Run, reason: InputError) -> Particles:
    """The probe batch, in float32 precision."""
    inputs, targets = (np.asarray(run.probe[key], float) for key in ("inputs", "targets"))
    labels, hue = np.asarray(run.probe["labels"], np.int64), np.asarray(run.probe["hue"], float)
    note = (
        f"The run's data cannot be had any more ({reason}). These are the {len(inputs)} of its particles "
        "that are stored with it."
    )
    return Particles(inputs, targets, labels, hue, len(inputs), note)


# ---- in blocks


def blocks(count: int, bytes_each: int) -> Iterator[slice]:
    """Slices of `count` particles whose work takes about BLOCK_BYTES.

    Args:
        count: number of particles.
        bytes_each: what one particle takes.
    """
    size = max(1, BLOCK_BYTES // max(1, bytes_each))
    return (slice(first, min(first + size, count)) for first in range(0, count, size))


def flow_bytes(model: AutoencODE) -> int:
    """Bytes of one particle's trajectory while it is computed."""
    arch = model.architecture
    return (
        3
        * (arch.controlled * arch.substeps // arch.every + 2)
        * arch.width
        * model.control.vector.element_size()
    )


def passage(model: AutoencODE, inputs: Array, axes: Array, origin: Array) -> Iterator[tuple[slice, Array]]:
    """Which particles, and their frames (F, n, c) on drawn axes, block by block.

    Frames are the knots of the flow, with the state before the projection as one of its own: (S + 1, n, c),
    from X(0) to X(T/2) before the projection, then from X(T/2) after it.

    Args:
        model: whose flow.
        inputs: (N, d) in data units.
        axes: (d, c).
        origin: (d,), subtracted first, flow coordinates.
    """
    for part in blocks(len(inputs), flow_bytes(model)):
        flow = model.flow(inputs[part], every=model.architecture.every)
        middle = flow.middle
        with np.errstate(invalid="ignore", over="ignore"):
            states, dropped = (
                (each.double().numpy(force=True) - origin) @ axes for each in (flow.states, flow.dropped)
            )
        yield part, np.concatenate([states[:middle], dropped[None], states[middle:]])


def frame_times(model: AutoencODE, inputs: Array) -> Array:
    """Times (F,) of the frames of `passage`: that of the projection twice.

    Args:
        model: whose flow.
        inputs: (N, d) in data units, N >= 1.
    """
    flow = model.flow(inputs[:1], every=model.architecture.every)
    times = flow.times.double().numpy(force=True)
    return np.asarray(np.insert(times, flow.middle, times[flow.middle]))


def evenly(count: int, frames: int) -> Array:
    """Rows (m,) of `count` particles, evenly chosen, whose places at so many frames may be handed out."""
    most = max(1, MOST_PLACES // max(1, frames))
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


# ---- codes


_codes: dict[int, Array] = {}  # of runs that are alive, by their id


def codes_of(run: Run, inputs: ArrayLike) -> Array:
    """Latent codes (n, k) of particles (n, d) in data units, block by block."""
    points, model = np.asarray(inputs, float), run.model
    parts = [
        model.encode(points[part]).double().numpy(force=True)
        for part in blocks(len(points), flow_bytes(model))
    ]
    return np.concatenate(parts) if parts else np.empty((0, run.spec.bottleneck))


def outputs_of(run: Run, codes: ArrayLike) -> Array:
    """What the decoder makes of codes (n, k): (n, d) in data units, block by block.

    Raises:
        InputError: the codes are no table with k columns, or the run has no decoder (task classify).
    """
    rows, model = np.asarray(codes, float), run.model
    parts = blocks(len(rows), flow_bytes(model))
    decoded = [model.decode(rows[part]).double().numpy(force=True) for part in parts]
    return np.concatenate(decoded) if decoded else np.empty((0, model.architecture.width))


def training_codes(run: Run) -> tuple[Particles, Array]:
    """All training particles and their codes (N, k); computed once for each run."""
    particles, known = training_particles(run), _codes.get(id(run))
    if known is None or len(known) != len(particles.inputs):
        if known is None:
            weakref.finalize(run, _codes.pop, id(run), None)
        known = _codes[id(run)] = codes_of(run, particles.inputs)
    return particles, known


def finite_rows(points: Array) -> Array:
    """Which rows of (n, c) are finite numbers throughout, (n,) bool."""
    return np.asarray(np.isfinite(points).all(axis=1))


def table(name: str, values: ArrayLike, columns: int) -> Array:
    """Finite numbers as a table (m, columns), m >= 1.

    Args:
        name: what to call it in a message.
        values: what was given.
        columns: how many there must be.

    Raises:
        InputError: it is something else.
    """
    try:
        points = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != columns or not len(points) or not np.isfinite(points).all():
        given = f"shape {points.shape}" if np.isfinite(points).all() else "numbers that are not finite"
        raise InputError(name, given, f"a table of finite numbers of shape (m, {columns}), m at least 1")
    return points
