"""Rows and their codes: all rows of a run, and new ones beside those that it was trained on."""

import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.analysis.run_particles import (
    Array,
    Particles,
    blocks,
    codes_of,
    flow_bytes,
    outputs_of,
    training_particles,
)
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

UNUSUAL = 0.99
"""A row counts as unusual if so large a share of the training rows has a smaller error."""


@dataclass(frozen=True)
class Passage:
    """What a run makes of some rows.

    Attributes:
        codes: (m, k) in flow coordinates.
        outputs: what they come back as, (m, d) in data units; (m, 0) where that is not asked for.
        errors: squared distance of output and target in flow coordinates (m,); NaN where there is no target
            (rows that are new to a transport, every row of a classifier).
    """

    codes: Array
    outputs: Array
    errors: Array


def passed(
    run: Run, inputs: ArrayLike, targets: ArrayLike | None, back: bool, report: Report | None = None
) -> Passage:
    """Codes, outputs and errors of rows, block by block.

    Args:
        run: the run.
        inputs: (m, d) in data units.
        targets: what they are to become (m, d) in data units, None where nobody knows.
        back: whether the outputs are kept.
        report: progress.

    Raises:
        InputError: outputs are asked for of a run that has no decoder (task classify).
    """
    rows, report = np.asarray(inputs, float), report or silent
    if run.spec.task == "classify":
        if back:
            raise InputError("task", "classify", "a task with a decoder: classify trains an encoder only")
        targets = None
    wanted, to_flow = None if targets is None else np.asarray(targets, float), run.model.coordinates.to_flow
    codes = np.empty((len(rows), run.spec.bottleneck))
    outputs = np.empty((len(rows), rows.shape[1] if back else 0))
    errors = np.full(len(rows), np.nan)
    for part in blocks(len(rows), flow_bytes(run.model)):
        codes[part] = codes_of(run, rows[part])
        made = outputs_of(run, codes[part]) if back or wanted is not None else None
        if back and made is not None:
            outputs[part] = made
        if wanted is not None and made is not None:
            with np.errstate(invalid="ignore", over="ignore"):
                errors[part] = np.square(to_flow(made) - to_flow(wanted[part])).sum(axis=1)
        report(part.stop / len(rows), f"{part.stop:,} of {len(rows):,} rows")
    return Passage(codes, outputs, errors)


def own_rows(run: Run, back: bool = False, report: Report | None = None) -> dict[str, Any]:
    """All rows of a run, training and test, with their codes.

    Args:
        run: the run.
        back: whether to tell what they come back as, too.
        report: progress.

    Returns:
        numbers (n,), of the rows in their file, ascending, or counted through training and then test
        particles; test (n,), which are for testing; labels (n,), class numbers, empty when unlabelled; codes
        (n, k); outputs (n, d) in data units, (n, 0) where they are not asked for; errors (n,), squared
        distance to the target in flow coordinates, NaN of a classifier.

    Raises:
        InputError: the run's data cannot be had any more, or it has no decoder and outputs are asked for.
    """
    source = run.data.source
    count, held = len(source.train), len(source.test)
    numbers = np.arange(1, count + held + 1)
    if source.train_numbers is not None and source.test_numbers is not None:
        numbers = np.concatenate([source.train_numbers, source.test_numbers])
    labels = np.empty(0, np.int64)
    if source.train_labels is not None and source.test_labels is not None:
        labels = np.concatenate([source.train_labels, source.test_labels])
    order = np.argsort(numbers, kind="stable")
    parts = [
        passed(run, source.train, source.train_targets, back, report),
        passed(run, source.test, source.test_targets, back, report),
    ]
    return {
        "numbers": numbers[order],
        "test": order >= count,
        "labels": labels[order] if len(labels) else labels,
        **{name: np.concatenate([vars(part)[name] for part in parts])[order] for name in vars(parts[0])},
    }


def new_rows(run: Run, values: ArrayLike, back: bool = False, report: Report | None = None) -> dict[str, Any]:
    """Where new rows fall among the codes, and how their errors lie among those of the training rows.

    Args:
        run: the run.
        values: (m, d) in data units, m >= 1; NaN where a value is missing, which is filled with the mean (or,
            if the run's reading says so, the median) of the training rows.
        back: whether to tell what they come back as, too.
        report: progress.

    Returns:
        codes (m, k); outputs (m, d) in data units, (m, 0) where they are not asked for; errors (m,), squared
        distance of row and output in flow coordinates, NaN where nobody knows what a row is to become
        (transport, classify); smaller (m,), the share of the training rows whose error is smaller; unusual
        (m,), whether that is 99 % or more; bound, the 99th percentile of their errors; note.

    Raises:
        InputError: the values are no such table, or the run has no decoder and outputs are asked for.
    """
    rows, report = _table(run, values), report or silent
    compares, missing = run.spec.task in ("reconstruct", "denoise"), np.isnan(rows)
    particles = training_particles(run) if compares or missing.any() else None
    if particles is not None and missing.any():
        middle = np.median if run.spec.reading.missing == "median" else np.mean
        rows = np.where(missing, middle(particles.inputs, axis=0), rows)
    found = passed(run, rows, rows if compares else None, back, report)
    smaller, unusual, bound, note = np.full(len(rows), np.nan), np.zeros(len(rows), bool), np.nan, ""
    if particles is not None and compares:
        known, note = _training_errors(run, particles, report), particles.note
        errors = np.nan_to_num(found.errors, nan=np.inf, posinf=np.inf)
        bound = float(np.quantile(known, UNUSUAL, method="inverted_cdf"))
        smaller = np.searchsorted(known, errors, side="left") / len(known)
        unusual = errors > bound
    return {**vars(found), "smaller": smaller, "unusual": unusual, "bound": bound, "note": note}


_errors: dict[int, Array] = {}  # of runs that are alive, by their id


def _training_errors(run: Run, particles: Particles, report: Report) -> Array:
    """Errors of the training rows (N,), ascending; computed once for each run."""
    known = _errors.get(id(run))
    if known is None:
        errors = passed(run, particles.inputs, particles.targets, False, report).errors
        known = _errors[id(run)] = np.sort(np.nan_to_num(errors, nan=np.inf, posinf=np.inf))
        weakref.finalize(run, _errors.pop, id(run), None)
    return known


def _table(run: Run, values: ArrayLike) -> Array:
    """Finite numbers or NaN, (m, d).

    Raises:
        InputError: it is something else.
    """
    width = run.model.architecture.width
    try:
        rows = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        rows = np.empty(0)
    if rows.ndim != 2 or rows.shape[1] != width or not len(rows) or np.isinf(rows).any():
        raise InputError("values", f"shape {rows.shape}", f"a table of finite numbers of shape (m, {width})")
    return rows
