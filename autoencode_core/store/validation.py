"""check: whether a record's parts fit each other, before it is drawn, stored or made into a model."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import pairwise
from math import inf, isfinite
from typing import get_args

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.spec import AUTO, RunSpec
from autoencode_core.store.layout import check_keys, check_layout
from autoencode_core.store.record import HISTORY, Array, RunRecord, Status

NAME_LENGTH = 80
"""Longest name of a run, in characters."""
TEXT_LENGTH = 10_000
"""Longest message, label or column name, in characters."""
FIGURES = 100
"""Most figures of a summary."""
CLASSES = 1000
"""Most classes of a run that has no names for them."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_YEARS = range(1970, 3000)
_KNOWN = ("inputs", "targets", "hue", "center", "scale", "axes", "flow_times")
"""Arrays that are finite even where a run diverged."""


def check(record: RunRecord, source: str = "run") -> None:
    """Refuse a record whose parts do not fit each other.

    Args:
        record: the record; its spec is valid by construction.
        source: what to call it in a message.

    Raises:
        InputError: a key is missing or unknown, a column of the history has another length or more rows
            than iterations, an array has the wrong kind or shape, or a number is none that a training gives.
    """
    check_texts(record, source)
    check_weight(record.spec, source)
    check_history(record.spec, record.history, source)
    check_layout(record.spec, record.weights, record.probe, source)
    _check_values(record, {**record.weights, **record.probe}, source)


def check_texts(record: RunRecord, source: str = "run") -> None:
    """The part of `check` that needs neither history nor arrays; raises like it."""
    if record.status not in get_args(Status):
        raise InputError(f"{source}, status", record.status, ", ".join(get_args(Status)))
    if record.name != "":
        check_name(record.name, f"{source}, name")
    check_created(record.created, f"{source}, created")
    texts = {"message": (record.message,), "labels": record.labels, "columns": record.columns}
    for field, values in texts.items():
        for text in values:
            check_text(text, f"{source}, {field}")
    if len(record.summary) > FIGURES:
        raise InputError(f"{source}, summary", f"{len(record.summary)} figures", f"at most {FIGURES}")
    for key, value in record.summary.items():
        if not isinstance(key, str) or (value is not None and not _is_number(value)):
            raise InputError(f"{source}, summary, {key}", value, "a number or nothing")
    _check_figures(record.summary, f"{source}, summary")


def _check_figures(summary: Mapping[str, float | None], source: str) -> None:
    """Refuse figures that count or measure something and cannot be."""
    for name, least, most in (("substeps", 1, 64), ("iterations", 0, 100_000)):
        value = summary.get(name)
        if value is not None and not (least <= value <= most and _is_whole(value)):
            raise InputError(f"{source}, {name}", value, f"a whole number from {least} to {most}")
    for name, top in (("seconds", inf), ("parameters", inf), ("accuracy", 1.0)):
        value = summary.get(name)
        if value is not None and not (isfinite(value) and 0 <= value <= top):
            wanted = "a finite number from 0" if top == inf else "a number from 0 to 1"
            raise InputError(f"{source}, {name}", value, wanted)


def check_text(text: object, field: str) -> None:
    """Refuse what is no text that can be shown: too long, or with signs that control a terminal.

    Raises:
        InputError: it is.
    """
    if not isinstance(text, str) or len(text) > TEXT_LENGTH or _CONTROL.search(text):
        raise InputError(field, text, f"text of at most {TEXT_LENGTH} characters, none of them for control")


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
            found = datetime.fromisoformat(created)  # type: ignore[arg-type]  # what is no text fails too
        except (TypeError, ValueError):
            raise InputError(field, created, "an ISO date and time") from None
        if found.year not in _YEARS:
            wanted = f"an ISO date and time of the years {_YEARS[0]} to {_YEARS[-1]}"
            raise InputError(field, created, wanted)


def check_numbers(column: Collection[object], field: str) -> None:
    """Refuse a column that holds anything but numbers.

    Raises:
        InputError: it does.
    """
    if not all(issubclass(kind, int | float) and kind is not bool for kind in set(map(type, column))):
        raise InputError(field, column, "numbers")


def check_history(spec: RunSpec, history: Mapping[str, list[float]], source: str = "run") -> None:
    """The part of `check` that is about the history; raises like it."""
    check_keys(history, HISTORY, f"{source}, history")
    rows, most = len(history["iteration"]), spec.iterations + 1
    for key, column in history.items():
        where = f"{source}, history, {key}"
        if not isinstance(column, list) or len(column) != rows:
            raise InputError(where, column, f"as long a list as that of the iterations, {rows}")
        check_numbers(column, where)
    if not 1 <= rows <= most:
        raise InputError(f"{source}, history", f"{rows} rows", f"1 to {most}, one for each iteration")
    numbers = history["iteration"]
    rising = all(a < b for a, b in pairwise(numbers))
    if not rising or not 0 <= numbers[0] <= numbers[-1] < most or not all(map(_is_whole, numbers)):
        wanted = f"whole numbers that rise, from 0 to {spec.iterations}"
        raise InputError(f"{source}, history, iteration", numbers, wanted)


def _is_whole(value: float) -> bool:
    return isfinite(value) and value == int(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_values(record: RunRecord, arrays: dict[str, Array], source: str) -> None:
    control, order, labels = arrays["control"], arrays["order"], arrays["labels"]
    if control.dtype != record.spec.dtype:
        raise InputError(
            f"{source}, control", control.dtype, f"{record.spec.dtype}, the precision of the run"
        )
    if sorted(order.tolist()) != list(range(order.size)):
        raise InputError(f"{source}, order", order.tolist(), f"each of 0 to {order.size - 1} once")
    most = len(record.labels) or CLASSES
    if labels.size and (labels.min() < 0 or labels.max() >= most):
        wrong = int(labels.min()) if labels.min() < 0 else int(labels.max())
        raise InputError(f"{source}, labels", wrong, f"0 to {most - 1}, the classes")
    if record.columns and len(record.columns) != order.size:
        raise InputError(f"{source}, columns", len(record.columns), f"none or {order.size} names")
    for name, array in arrays.items():
        may_leave = record.status == "diverged" and name not in _KNOWN
        if array.dtype.kind == "f" and not may_leave and not np.isfinite(array).all():
            raise InputError(f"{source}, {name}", "NaN or infinite", "finite numbers unless the run diverged")
    _check_places(record, arrays, source)


def _check_places(record: RunRecord, arrays: dict[str, Array], source: str) -> None:
    """Refuse times, iterations, shares of the colours and scales that cannot be."""
    times, horizon = arrays["flow_times"], record.spec.horizon
    if not (np.diff(times) >= 0).all() or not 0 <= times[0] <= times[-1] <= horizon * (1 + 1e-5):
        raise InputError(f"{source}, flow_times", times.tolist(), f"times that rise, from 0 to {horizon:g}")
    for name in {"snapshot_iterations", "path_iterations"} & set(arrays):
        found, most = arrays[name], record.spec.iterations
        if found.size and not 0 <= found.min() <= found.max() <= most:
            raise InputError(f"{source}, {name}", found.tolist(), f"iterations from 0 to {most}")
    if not ((arrays["hue"] >= 0) & (arrays["hue"] <= 1)).all():
        raise InputError(f"{source}, hue", "beyond its ends", "numbers from 0 to 1")
    if not (arrays["scale"] > 0).all():
        raise InputError(f"{source}, scale", arrays["scale"].tolist(), "numbers above 0")
