"""Which arrays a run holds, their types and shapes: known of a file before the arrays are read."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from autoencode_core.data.loading import probe_indices
from autoencode_core.errors import InputError
from autoencode_core.flow.fields import controlled_field
from autoencode_core.flow.shape import MOST_FRAMES, ControlShape
from autoencode_core.flow.widths import active_counts
from autoencode_core.knobs import bounds
from autoencode_core.spec import RunSpec
from autoencode_core.store.history import MOST_SNAPSHOTS
from autoencode_core.store.record import PATH, PROBE, WEIGHTS

MOST_WIDTH = 10_000
"""Most components of the data."""

_SPARE = 2
"""How many times as many moments and frames a file may hold as this program keeps."""
_KINDS = {"f": "float32 or float64", "i": "whole numbers", "b": "bool"}
_LAYOUT: dict[str, tuple[str, str]] = {
    "control": ("f", "P"),
    "center": ("f", "d"),
    "scale": ("f", "d"),
    "axes": ("f", "dd"),
    "order": ("i", "d"),
    "path_iterations": ("i", "c"),
    "path_controls": ("f", "cP"),
    "inputs": ("f", "nd"),
    "targets": ("f", "nt"),
    "hue": ("f", "n"),
    "labels": ("i", "l"),
    "snapshot_iterations": ("i", "s"),
    "snapshot_codes": ("f", "snk"),
    "snapshot_outputs": ("f", "snt"),
    "flow_times": ("f", "S"),
    "flow_states": ("f", "Snd"),
    "flow_active": ("b", "Sd"),
    "flow_dropped": ("f", "nd"),
}
"""Kind and axes of every array; P, d, k, n are those of record.py, t is k for classify and d otherwise."""


class Shaped(Protocol):
    """An array, or what a file says of one."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Its type."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of its axes."""


def check_layout(
    spec: RunSpec, weights: Mapping[str, Shaped], probe: Mapping[str, Shaped], source: str
) -> None:
    """Refuse arrays that are not those of a run of a spec.

    Args:
        spec: of the run.
        weights: its arrays of that part, or what a file says of them, by name.
        probe: likewise.
        source: what to call it in a message.

    Raises:
        InputError: one is missing or unknown, has another type or shape, or is larger than this program
            makes any.
    """
    check_keys(weights, WEIGHTS + (PATH if PATH[0] in weights else ()), f"{source}, weights")
    check_keys(probe, PROBE, f"{source}, probe")
    arrays = {**weights, **probe}
    for name, array in arrays.items():
        _check_kind(name, array, source)
    sizes = _sizes(spec, {name: array.shape for name, array in arrays.items()}, source)
    for name, array in arrays.items():
        shape = tuple(sizes[axis] for axis in _LAYOUT[name][1])
        if array.shape != shape:
            raise InputError(f"{source}, {name}", f"shape {array.shape}", f"shape {shape}")


def check_keys(given: Mapping[str, Any], wanted: tuple[str, ...], source: str) -> None:
    """Refuse what lacks a name or has another one besides.

    Raises:
        InputError: it does.
    """
    missing, foreign = sorted(set(wanted) - set(given)), sorted(map(str, set(given) - set(wanted)))
    if missing or foreign:
        found = f"lacks {', '.join(missing)}" if missing else f"also holds {', '.join(foreign)}"
        raise InputError(source, found, f"exactly {', '.join(wanted)}")


def _check_kind(name: str, array: Shaped, source: str) -> None:
    kind, axes = _LAYOUT[name]
    dtype = getattr(array, "dtype", None)
    fits = isinstance(dtype, np.dtype) and (
        (kind == "f" and dtype in (np.float32, np.float64))
        or (kind == "i" and dtype.kind in "iu")
        or (kind == "b" and dtype == np.bool_)
    )
    if not fits:
        raise InputError(f"{source}, {name}", dtype or type(array), _KINDS[kind])
    if len(array.shape) != len(axes):
        raise InputError(f"{source}, {name}", f"{len(array.shape)} axes", f"{len(axes)} axes")


def _sizes(spec: RunSpec, shapes: Mapping[str, tuple[int, ...]], source: str) -> dict[str, int]:
    """Length of every axis of _LAYOUT."""
    particles, width = shapes["inputs"]
    if particles < 1 or not spec.bottleneck <= width <= MOST_WIDTH:
        raise InputError(
            f"{source}, inputs",
            f"shape {shapes['inputs']}",
            f"at least one particle of at least {spec.bottleneck} components, the bottleneck",
        )
    _check_lists(spec, width, source)
    encoder_only = spec.task == "classify"
    counts = active_counts(width, spec.bottleneck, spec.depth, spec.profile)
    counts = counts[: spec.depth // 2] if encoder_only else counts
    field = controlled_field(spec.field, spec.activation, spec.expansion, spec.hidden)
    sizes = {
        "P": ControlShape(counts, field.blocks).size,
        "d": width,
        "k": spec.bottleneck,
        "t": spec.bottleneck if encoder_only else width,
        "n": particles,
        "l": particles if shapes["labels"][0] else 0,
        "c": shapes.get("path_iterations", (0,))[0],
        "s": shapes["snapshot_iterations"][0],
        "S": shapes["flow_times"][0],
    }
    _check_counts(spec, sizes, len(counts), source)
    return sizes


def _check_lists(spec: RunSpec, width: int, source: str) -> None:
    """Refuse lists of the spec that are of data of another width."""
    if not isinstance(spec.order, str) and len(spec.order) != width:
        raise InputError(f"{source}, order", f"{len(spec.order)} components", f"{width}, those of the data")
    if not isinstance(spec.profile, str) and spec.profile[0] != width:
        raise InputError(f"{source}, profile", spec.profile[0], f"a list that starts at {width}")


def _check_counts(spec: RunSpec, sizes: Mapping[str, int], layers: int, source: str) -> None:
    """Refuse more particles, moments or frames than this program keeps of any run."""
    substeps = int(bounds("substeps")[1] or 1)
    frames = layers * min(max(1, MOST_FRAMES // layers), substeps) + 1
    wanted = {
        "particles": ("n", 1, len(probe_indices(spec.particles, sizes["d"]))),
        "snapshot_iterations": ("s", 1, _SPARE * MOST_SNAPSHOTS),
        "path_iterations": ("c", 0, _SPARE * MOST_SNAPSHOTS),
        "flow_times": ("S", 2, _SPARE * frames),
    }
    for name, (axis, least, most) in wanted.items():
        if not least <= sizes[axis] <= most:
            raise InputError(f"{source}, {name}", f"{sizes[axis]} of them", f"{least} to {most}")
