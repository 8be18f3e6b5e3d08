"""Sentences that say to a screen reader what a figure shows."""

from typing import Literal, get_args

import numpy as np

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.errors import InputError
from autoencode_core.figures.findings import course
from autoencode_core.regime import regime
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit, unexplained
from autoencode_core.words import as_set, measured

Kind = Literal["flow", "images", "history", "code", "reconstruction", "image_reconstruction", "comparison"]


def alt_text(record: RunRecord, kind: Kind) -> str:
    """What a figure of a run shows, in one or two sentences.

    Args:
        record: the run.
        kind: which figure.

    Raises:
        InputError: there is no such figure.
    """
    spec = record.spec
    n, d = np.asarray(record.probe["inputs"]).shape
    k, title = (
        spec.bottleneck,
        CATALOGUE[spec.dataset].title if spec.dataset in CATALOGUE else "your own data",
    )
    who = f"{n} particle{_s(n)} of {title}"
    ends = f"From {d} driven component{_s(d)} the encoder narrows to {k} at t = {spec.horizon / 2:g}" + (
        "." if spec.task == "classify" else f"; the decoder widens again until t = {spec.horizon:g}."
    )
    errors = _errors(record)
    pca = record.summary.get("pca_test_error")
    sentences = {
        "flow": f"Animation: {who} flow through the network. {ends} {errors[:1].upper()}{errors[1:]}.",
        "images": f"Animation: images of {title} change as they flow through the network. {ends} "
        f"{errors[:1].upper()}{errors[1:]}.",
        "history": _history(record) + f" At the end: {errors}.",
        "code": f"The latent codes of {who}: {k} number{_s(k)} each.",
        "reconstruction": f"{who} and what the network makes of them, joined by lines; {errors}.",
        "image_reconstruction": f"Images of {title}, what becomes of them, the difference: {errors}.",
        "comparison": f"Bars of mean squared distances: {errors}"
        + (
            f"; PCA with {k} component{_s(k)} {_number(record, 'pca_test_error')} on test data."
            if pca is not None
            else "."
        ),
    }
    if kind not in sentences:
        raise InputError("kind", kind, ", ".join(get_args(Kind)))
    return sentences[kind]


def about(record: RunRecord) -> str:
    """What made a run and what came out, in a line: the knobs that say most, and its errors."""
    return f"{regime(record.spec, record.substeps)} · {_errors(record)}"


def _history(record: RunRecord) -> str:
    """What the curves of a training do."""
    history, weight = record.history, record.spec.weight
    names = {
        "cost": "cost J",
        "data_term": "the data term",
        "penalty": "the penalty",
        "test_error": "the test error",
    }
    curves = [
        course(name, [np.nan if value is None else value for value in history[key]])
        for key, name in names.items()
        if key in history
    ]
    iterations = list(history.get("iteration", ()))
    when = f"At λ = {as_set(weight)}, over {iterations[-1]:,} iterations: " if iterations else ""
    return f"{when}{'; '.join(curves)}." if curves else "No iteration is known."


def _errors(record: RunRecord) -> str:
    share, unit = unexplained(record.summary), error_unit(record.spec)
    errors = (
        f"train error {_number(record, 'train_error')}, test error {_number(record, 'test_error')} {unit}"
    )
    return errors + (f", {share}" if share else "")


def _number(record: RunRecord, key: str) -> str:
    value = record.summary.get(key)
    return measured(value) if value is not None and np.isfinite(value) else "unknown"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
