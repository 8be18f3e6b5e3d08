"""check: whether a record's parts fit each other, before it is drawn, stored or made into a model."""

from datetime import datetime
from typing import Any, get_args

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.flow.fields import controlled_field
from autoencode_core.flow.shape import ControlShape
from autoencode_core.flow.widths import active_counts
from autoencode_core.spec import AUTO, RunSpec
from autoencode_core.store.record import HISTORY, PATH, PROBE, WEIGHTS, Array, RunRecord, Status

NAME_LENGTH = 80
"""Longest name of a run, in characters."""
TEXT_LENGTH = 10_000
"""Longest message, label or column name, in characters."""
ROWS = 1_000_000
"""Most rows of a history."""

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


def check(record: RunRecord, source: str = "run") -> None:
    """Refuse a record whose parts do not fit each other.

    Args:
        record: the record; its spec is valid by construction.
        source: what to call it in a message.

    Raises:
        InputError: a key is missing or unknown, a column of the history has another length, an
            array has the wrong kind or shape, or a number is not finite though the run did not diverge.
    """
    check_texts(record, source)
    check_weight(record.spec, source)
    _check_history(record, source)
    _keys(record.weights, WEIGHTS + (PATH if PATH[0] in record.weights else ()), f"{source}, weights")
    _keys(record.probe, PROBE, f"{source}, probe")
    arrays = {**record.weights, **record.probe}
    for name, array in arrays.items():
        _check_kind(name, array, source)
    sizes = _sizes(record.spec, arrays, source)
    for name, array in arrays.items():
        shape = tuple(sizes[axis] for axis in _LAYOUT[name][1])
        if array.shape != shape:
            raise InputError(f"{source}, {name}", f"shape {array.shape}", f"shape {shape}")
    _check_values(record, arrays, source)


def check_texts(record: RunRecord, source: str = "run") -> None:
    """The part of `check` that needs neither history nor arrays; raises like it."""
    if record.status not in get_args(Status):
        raise InputError(f"{source}, status", record.status, ", ".join(get_args(Status)))
    if record.name != "":
        check_name(record.name, f"{source}, name")
    check_created(record.created, f"{source}, created")
    texts = {"message": (record.message,), "labels": record.labels, "columns": record.columns}
    for field, values in texts.items():
        if not all(isinstance(text, str) and len(text) <= TEXT_LENGTH for text in values):
            raise InputError(f"{source}, {field}", values, f"text of at most {TEXT_LENGTH} characters")
    for key, value in record.summary.items():
        if not isinstance(key, str) or (value is not None and not _is_number(value)):
            raise InputError(f"{source}, summary, {key}", value, "a number or nothing")
    substeps = record.summary.get("substeps")
    if substeps is not None and substeps not in range(1, 65):
        raise InputError(f"{source}, summary, substeps", substeps, "a whole number from 1 to 64")


def check_weight(spec: RunSpec, source: str = "run") -> None:
    """Refuse the spec of a stored run whose λ is still to be chosen.

    Raises:
        InputError: it is.
    """
    if spec.tikhonov == AUTO:
        raise InputError(f"{source}, tikhonov", AUTO, "the number that a run was trained with")


def check_name(name: object, field: str = "name") -> str:
    """The name of a run, without the spaces around it.

    Args:
        name: 1 to 80 printable characters.
        field: what to call it in a message.

    Raises:
        InputError: it is empty, too long or holds characters that cannot be shown.
    """
    text = name.strip() if isinstance(name, str) else ""
    if not 1 <= len(text) <= NAME_LENGTH or not text.isprintable():
        raise InputError(field, name, f"1 to {NAME_LENGTH} printable characters")
    return text


def check_created(created: object, field: str = "created") -> None:
    """Refuse a time of making that is neither an ISO date and time nor "".

    Raises:
        InputError: it is something else.
    """
    if created != "":
        try:
            datetime.fromisoformat(created)  # type: ignore[arg-type]  # what is no text is refused too
        except (TypeError, ValueError):
            raise InputError(field, created, "an ISO date and time") from None


def _check_history(record: RunRecord, source: str) -> None:
    _keys(record.history, HISTORY, f"{source}, history")
    rows = len(record.history[HISTORY[0]])
    for key, column in record.history.items():
        if not isinstance(column, list) or len(column) != rows or rows > ROWS:
            raise InputError(
                f"{source}, history, {key}", column, f"as long a list as the others, at most {ROWS}"
            )
        if not all(map(_is_number, column)):
            raise InputError(f"{source}, history, {key}", column, "numbers")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _keys(given: Any, wanted: tuple[str, ...], source: str) -> None:
    missing, foreign = sorted(set(wanted) - set(given)), sorted(map(str, set(given) - set(wanted)))
    if missing or foreign:
        found = f"lacks {', '.join(missing)}" if missing else f"also holds {', '.join(foreign)}"
        raise InputError(source, found, f"exactly {', '.join(wanted)}")


def _check_kind(name: str, array: Array, source: str) -> None:
    kind, axes = _LAYOUT[name]
    fits = isinstance(array, np.ndarray) and (
        (kind == "f" and array.dtype in (np.float32, np.float64))
        or (kind == "i" and array.dtype.kind in "iu")
        or (kind == "b" and array.dtype == np.bool_)
    )
    if not fits:
        raise InputError(f"{source}, {name}", getattr(array, "dtype", type(array)), _KINDS[kind])
    if array.ndim != len(axes):
        raise InputError(f"{source}, {name}", f"{array.ndim} axes", f"{len(axes)} axes")


def _sizes(spec: RunSpec, arrays: dict[str, Array], source: str) -> dict[str, int]:
    """Length of every axis of _LAYOUT."""
    width, particles = arrays["inputs"].shape[1], arrays["inputs"].shape[0]
    if particles < 1 or width < spec.bottleneck:
        raise InputError(
            f"{source}, inputs",
            f"shape {arrays['inputs'].shape}",
            f"at least one particle of at least {spec.bottleneck} components, the bottleneck",
        )
    encoder_only = spec.task == "classify"
    counts = active_counts(width, spec.bottleneck, spec.depth, spec.profile)
    return {
        "P": _parameters(counts[: spec.depth // 2] if encoder_only else counts, spec),
        "d": width,
        "k": spec.bottleneck,
        "t": spec.bottleneck if encoder_only else width,
        "n": particles,
        "l": particles if arrays["labels"].size else 0,
        "c": len(arrays.get("path_iterations", ())),
        "s": arrays["snapshot_iterations"].shape[0],
        "S": arrays["flow_times"].shape[0],
    }


def _parameters(counts: tuple[int, ...], spec: RunSpec) -> int:
    """Length P of the control: the blocks of its field, layer by layer."""
    field = controlled_field(spec.field, spec.activation, spec.expansion, spec.hidden)
    return ControlShape(counts, field.blocks).size


def _check_values(record: RunRecord, arrays: dict[str, Array], source: str) -> None:
    control, order, labels = arrays["control"], arrays["order"], arrays["labels"]
    if control.dtype != record.spec.dtype:
        raise InputError(
            f"{source}, control", control.dtype, f"{record.spec.dtype}, the precision of the run"
        )
    if sorted(order.tolist()) != list(range(order.size)):
        raise InputError(f"{source}, order", order.tolist(), f"each of 0 to {order.size - 1} once")
    if labels.size and (labels.min() < 0 or (record.labels and labels.max() >= len(record.labels))):
        raise InputError(
            f"{source}, labels", int(labels.max()), f"0 to {len(record.labels) - 1}, the classes"
        )
    if record.columns and len(record.columns) != order.size:
        raise InputError(f"{source}, columns", len(record.columns), f"none or {order.size} names")
    if record.status == "diverged":
        return
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InputError(f"{source}, {name}", "NaN or infinite", "finite numbers unless the run diverged")
