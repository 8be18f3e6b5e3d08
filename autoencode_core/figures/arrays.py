"""What the figures draw, as plain arrays: which particles, along which axes, within which limits."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.coordinates import ROTATING, SCALING, Coordinates, unit
from autoencode_core.errors import InputError
from autoencode_core.figures.theme import plain, subscript
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]

FAR = 4.0
"""A diverging particle is followed this many times the extent of the start, then it leaves the picture."""

_ORDINALS = ("first", "second", "third")


@dataclass(frozen=True)
class View:
    """The directions that are drawn: one column of basis each.

    Attributes:
        center: (d,) what is subtracted first.
        basis: (d, c) orthonormal columns, of points in data units per unit of each component.
        names: short names of the c axes.
        titles: names with their meaning.
        unit: what the axes are measured in.
        axes: what the axes are, in words, empty when they are the data's own.
    """

    center: Array
    basis: Array
    names: tuple[str, ...]
    titles: tuple[str, ...]
    unit: str
    axes: str

    @property
    def count(self) -> int:
        """Number of axes c."""
        return int(self.basis.shape[1])

    def project(self, states: Array) -> Array:
        """States (..., d) on the drawn axes, (..., c); a particle that is not finite becomes NaN."""
        values = finite(states)
        with np.errstate(invalid="ignore", over="ignore"):
            return finite((values - self.center) @ self.basis)

    def hollow(self, active: Array) -> Array:
        """Whether some drawn axis lies mostly (by its squared loadings) in components that are not driven.

        Args:
            active: (F, d) bool.

        Returns:
            (F,) bool.
        """
        share = np.asarray(active, float) @ (self.basis**2)
        return np.asarray((share < 0.5).any(axis=1))


def view(record: RunRecord, most: int = 3) -> View:
    """The axes on which states in flow coordinates are drawn.

    The components themselves when they are few enough or principal axes already, else the first
    principal axes of the probe's inputs.

    Args:
        record: the run.
        most: largest number of axes.
    """
    kind, start = record.spec.coordinates, flow_states(record)[0]
    width = start.shape[1]
    count = min(width, most)
    short, measure = component_names(record), unit(kind)
    if width <= most or kind in ROTATING:
        basis = np.eye(width)[:, :count]
        names = short[:count]
        if kind in ROTATING:
            return View(
                np.zeros(width),
                basis,
                names,
                tuple(f"{n} (principal axis)" for n in names),
                measure,
                "principal axes",
            )
        words = {"raw": "", "standard": "standardised components"}[kind]
        return View(np.zeros(width), basis, names, names, measure, words)
    center, basis = principal_axes(start, count)
    names = tuple(f"PC{subscript(i + 1)}" for i in range(count))
    titles = tuple(f"{name} ({_ORDINALS[i]} principal axis)" for i, name in enumerate(names))
    return View(center, basis, names, titles, measure, f"principal axes of the {width} components")


def data_view(record: RunRecord, most: int = 3) -> View:
    """The axes on which points in data units are drawn: the components, or the targets' principal axes.

    Where the coordinates of the flow scale, both are in standard deviations: columns of unlike units share
    one picture, and lengths in it are those that errors measure.

    Args:
        record: the run; not a classifier, whose targets are codes.
        most: largest number of axes.
    """
    points, names = finite(record.probe["targets"]), data_names(record)
    width, measure = points.shape[1], unit(record.spec.coordinates)
    scales = record.spec.coordinates in SCALING
    center, scale = (np.asarray(record.weights[name], float) for name in ("center", "scale"))
    if width <= most:
        origin = center if scales else np.zeros(width)
        return View(origin, np.diag(1 / scale), names, names, measure, "")
    middle, basis = principal_axes(points / scale, most)
    short = tuple(f"PC{subscript(i + 1)}" for i in range(most))
    titles = tuple(f"{name} ({_ORDINALS[i]} principal axis)" for i, name in enumerate(short))
    words = f"principal axes of the {width} components"
    return View(middle * scale, basis / scale[:, None], short, titles, measure, words)


def component_names(record: RunRecord) -> tuple[str, ...]:
    """Short names of the components in flow coordinates: u₁, u₂, …; in raw coordinates those of the data."""
    if record.spec.coordinates == "raw":
        return data_names(record)
    return tuple(f"u{subscript(i + 1)}" for i in range(flow_states(record).shape[2]))


def _subscripted(name: re.Match[str]) -> str:
    return f"x{subscript(int(name[1]))}"


def data_names(record: RunRecord) -> tuple[str, ...]:
    """Names of the components in data units: the columns, or x₁, x₂ and so on."""
    width = int(np.asarray(record.probe["inputs"]).shape[1])
    if len(record.columns) == width:
        return tuple(plain(re.sub(r"^x(\d+)$", _subscripted, name), 24) for name in record.columns)
    return tuple(f"x{subscript(i + 1)}" for i in range(width))


def flow_states(record: RunRecord) -> Array:
    """The stored flow (S, n, d).

    Raises:
        InputError: the run has none (it needs at least two times and one particle).
    """
    states = np.asarray(record.probe.get("flow_states", ()))
    if states.ndim != 3 or states.shape[0] < 2 or 0 in states.shape:
        raise InputError(
            "flow_states", states.shape, "a run with a stored flow of at least two times and one particle"
        )
    return states


def at_layer_ends(record: RunRecord) -> RunRecord:
    """The run with its stored flow at the ends of layers alone, without what lies between them.

    Raises:
        InputError: the run has no stored flow.
    """
    layers = record.spec.depth // 2 if record.spec.task == "classify" else record.spec.depth
    every = max(1, (len(flow_states(record)) - 1) // layers)
    ends = {key: record.probe[key][::every] for key in ("flow_times", "flow_states", "flow_active")}
    return replace(record, probe={**record.probe, **ends})


def principal_axes(points: Array, count: int) -> tuple[Array, Array]:
    """Mean (d,) and first principal axes (d, count) of points (n, d), leaving out what is not finite.

    The sign of an axis makes its largest entry positive, so that pictures do not flip between runs.
    """
    kept = points[np.isfinite(points).all(axis=1)].astype(float)
    width = points.shape[1]
    if len(kept) == 0:
        return np.zeros(width), np.eye(width)[:, :count]
    center = kept.mean(axis=0)
    rotation = np.linalg.svd(kept - center, full_matrices=len(kept) < count)[2][:count].T
    signs = np.sign(rotation[np.abs(rotation).argmax(axis=0), np.arange(rotation.shape[1])])
    return center, rotation * np.where(signs == 0, 1, signs)


def finite(values: Array) -> Array:
    """A copy as float64 with NaN for everything that is not finite or absurdly large."""
    out = np.array(values, dtype=float)
    with np.errstate(invalid="ignore"):
        out[~(np.abs(out) < 1e30)] = np.nan
    return out


def limits(points: Array, start: Array | None = None, pad: float = 0.06) -> Array:
    """Fixed axis ranges (c, 2) that hold points (..., c).

    Args:
        points: everything that will be drawn, NaN where there is nothing to draw.
        start: where it starts; a diverging flow is shown up to FAR times the extent of that.
        pad: margin as a share of the range.
    """
    flat = points.reshape(-1, points.shape[-1])
    low, high = _extent(flat)
    if start is not None:
        first, last = _extent(start.reshape(-1, points.shape[-1]))
        extent = float((last - first).max())
        if extent < 1e-6:  # one particle, or all in one place: its size is all there is to go by
            extent = max(1.0, float(np.abs(first).max()))
        reach = FAR * extent
        low, high = np.maximum(low, first - reach), np.minimum(high, last + reach)
    widest = max(float((high - low).max()), 1e-3 * max(1.0, float(np.abs(low).max())))
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 0.05 * widest) + pad * widest
    return np.stack([middle - half, middle + half], axis=1)


def _extent(flat: Array) -> tuple[Array, Array]:
    some = np.isfinite(flat)
    low = np.where(some, flat, np.inf).min(axis=0, initial=np.inf)
    high = np.where(some, flat, -np.inf).max(axis=0, initial=-np.inf)
    empty = ~some.any(axis=0)
    return np.where(empty, -1.0, low), np.where(empty, 1.0, high)


def pick(n: int, most: int) -> Array:
    """At most `most` of n particles, evenly spaced and always the same."""
    return np.unique(np.linspace(0, n - 1, min(n, max(1, most))).round().astype(int))


def one_of_each(labels: Array, n: int, most: int) -> Array:
    """Particles for a small gallery: one of each class in turn, evenly spaced when unlabelled.

    Args:
        labels: (n,) class numbers, or empty.
        n: number of particles.
        most: how many to take at most.
    """
    if len(labels) != n:
        return pick(n, most)
    turns = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    rounds = max(len(turn) for turn in turns)
    queue = [turn[r] for r in range(rounds) for turn in turns if r < len(turn)]
    return np.array(queue[:most], dtype=int)


def classes(record: RunRecord) -> Array:
    """Class numbers (n,) of the probe, empty when unlabelled."""
    labels = np.asarray(record.probe.get("labels", ()))
    return labels.astype(int) if len(labels) == len(np.asarray(record.probe["inputs"])) else np.empty(0, int)


def class_names(record: RunRecord) -> tuple[str, ...]:
    """Name of each class up to the largest label that occurs."""
    labels = classes(record)
    count = max(len(record.labels), int(labels.max()) + 1 if len(labels) else 0)
    return tuple(plain(record.labels[i], 16) if i < len(record.labels) else str(i) for i in range(count))


def codes(record: RunRecord, snapshot: int = -1) -> Array:
    """Latent codes (n, k) of the probe at a snapshot, the last one by default."""
    stored = np.asarray(record.probe.get("snapshot_codes", ()))
    if stored.ndim == 3 and len(stored):
        return finite(stored[snapshot])
    states, active = flow_states(record), np.asarray(record.probe["flow_active"], bool)
    middle = bottleneck_index(record)
    return finite(states[middle][:, active[middle]])


def outputs(record: RunRecord, snapshot: int = -1) -> Array:
    """What the network makes of the probe's inputs, (n, d) in data units (codes for classify)."""
    stored = np.asarray(record.probe.get("snapshot_outputs", ()))
    if stored.ndim == 3 and len(stored):
        return finite(stored[snapshot])
    return to_data(record, flow_states(record)[-1])


def code_view(codes_: Array) -> tuple[Array, tuple[str, ...]]:
    """Codes as they are drawn, (n, c) with c <= 3, and the names of the axes.

    Up to three numbers are drawn as they are; more on their first two principal axes.
    """
    k = codes_.shape[1]
    if k <= 3:
        return codes_, tuple(f"z{subscript(i + 1)}" for i in range(k))
    center, axes = principal_axes(codes_, 2)
    return (codes_ - center) @ axes, tuple(
        f"{_ORDINALS[i]} principal axis of the {k} codes" for i in range(2)
    )


def bottleneck_index(record: RunRecord) -> int:
    """Index of the state at T/2 by its time: the last one when only the encoder runs (classify)."""
    times = np.asarray(record.probe["flow_times"], float)
    return middle_index(times, record.spec.horizon)


def middle_index(times: Array, horizon: float) -> int:
    """Index of T/2 among times (S,).

    Args:
        times: ascending, T/2 among them.
        horizon: T.
    """
    return int(np.abs(np.asarray(times, float) - horizon / 2).argmin())


def goal_name(record: RunRecord) -> str:
    """What the particles must become, in a word."""
    return {"denoise": "clean input", "transport": "target"}.get(record.spec.task, "input")


def to_data(record: RunRecord, states: Array) -> Array:
    """States (n, d) from flow coordinates to data units."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(_coordinates(record).to_data(finite(states)))


def to_flow(record: RunRecord, points: Array) -> Array:
    """Points (n, d) from data units to flow coordinates."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(_coordinates(record).to_flow(finite(points)))


def _coordinates(record: RunRecord) -> Coordinates:
    arrays = (np.asarray(record.weights[name], float) for name in ("center", "scale", "axes"))
    return Coordinates.from_arrays(record.spec.coordinates, *arrays)


def swarm(values: Array, bins: int = 40) -> Array:
    """Sideways places in [-1, 1] that lay out values (n,) like a histogram lying on its side."""
    offsets = np.zeros(len(values))
    some = np.flatnonzero(np.isfinite(values))
    if len(some) < 2:
        return offsets
    low, high = values[some].min(), values[some].max()
    bin_of = np.minimum(((values[some] - low) / max(high - low, 1e-12) * bins).astype(int), bins - 1)
    counts = np.bincount(bin_of, minlength=bins)
    order = np.argsort(bin_of, kind="stable")
    first = np.concatenate([[0], np.cumsum(counts)])[:-1]
    rank = np.empty(len(some))
    rank[order] = np.arange(len(some)) - first[bin_of[order]]
    offsets[some] = (2 * rank - (counts[bin_of] - 1)) / max(counts.max() - 1, 1)
    return offsets
