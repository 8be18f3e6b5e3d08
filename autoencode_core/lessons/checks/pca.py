"""From PCA to AutoencODE: what rest is, what PCA loses, and what the flow wins."""

from collections.abc import Mapping

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.figures.lessons.pca import off_the_axis, pca_of_probe, principal_variances
from autoencode_core.figures.numbers import percent
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import plain

SAME = 0.01
"""Errors that differ by a smaller share are the same."""


def share_dropped(case: Case) -> Truth:
    """Of the drawn particles' variance the share that PCA with k components drops, in per cent."""
    values, k = principal_variances(case.record), case.record.spec.bottleneck
    facts = {"dropped": plain(float(values[k:].sum())), "whole": plain(float(values.sum()))}
    return Truth(100 * float(values[k:].sum() / values.sum()), facts)


def beside_pca(case: Case) -> Truth:
    """Whether the run's training error is below that of PCA, the same, or above it."""
    summary = case.record.summary
    error, pca = _known(summary, "train_error"), _known(summary, "pca_train_error")
    ratio = error / pca
    word = "same" if abs(ratio - 1) <= SAME else "below" if ratio < 1 else "above"
    first = case.record.history["data_term"][0]
    size = float(np.sqrt(case.record.history["penalty"][-1] / case.record.spec.weight))
    facts = {"error": plain(error, 4), "pca": plain(pca, 4), "first": plain(first), "size": plain(size, 1)}
    return Truth(word, facts)


def times_better(case: Case) -> Truth:
    """How many times smaller the run's error on fresh particles is than that of PCA."""
    summary = case.record.summary
    error, pca = _known(summary, "test_error"), _known(summary, "pca_test_error")
    share = error / _known(summary, "test_variance")
    return Truth(pca / error, {"error": plain(error, 2), "pca": plain(pca, 2), "share": percent(share)})


def passes_pca(case: Case) -> Truth:
    """At which iteration the data term first falls below the error of PCA."""
    history, pca = case.record.history, _known(case.record.summary, "pca_train_error")
    below = np.flatnonzero(np.asarray(history["data_term"], float) < pca)
    last = float(history["iteration"][-1])
    when = float(history["iteration"][int(below[0])]) if len(below) else np.inf
    first = float(history["data_term"][0])
    facts = {"first": plain(first), "pca": plain(pca), "last": plain(last), "share": percent(when / last)}
    return Truth(when, facts)


def rebuilt_by_pca(case: Case) -> Truth:
    """Where PCA onto k numbers puts the marked particle, on the first two components of the data."""
    record = case.record
    one, made = off_the_axis(record), pca_of_probe(record)
    start = record.probe["inputs"][one]
    facts = {"moved": plain(float(np.linalg.norm(made[one] - start)), 2)}
    return Truth(tuple(map(float, made[one][:2])), facts)


def _known(summary: Mapping[str, float | None], name: str) -> float:
    value = summary.get(name)
    if value is None:
        raise InputError(name, value, "a run beside which PCA stands")
    return float(value)


CHECKS = {
    "share_dropped": share_dropped,
    "beside_pca": beside_pca,
    "times_better": times_better,
    "passes_pca": passes_pca,
    "rebuilt_by_pca": rebuilt_by_pca,
}
