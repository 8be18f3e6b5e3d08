"""Turning components off: what one does once it is off, and what is lost with the one or the other."""

import numpy as np
from numpy.typing import NDArray

from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import flow_states
from autoencode_core.figures.numbers import percent
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import plain
from autoencode_core.store.record import RunRecord

Array = NDArray[np.float64]

STILL = 1e-3
"""A component that moves by a smaller share of its size stands still."""


def _first_off(record: RunRecord) -> tuple[int, int]:
    """The component that is turned off first, and the first time of the flow, by number, at which it is."""
    half = len(record.probe["flow_times"]) // 2
    active = np.asarray(record.probe["flow_active"], bool)[: half + 1]
    off = np.argwhere(~active)
    if not len(off):
        raise InputError("run", record.name, "a run that turns a component off before T/2")
    return int(off[0][1]), int(off[0][0])


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def what_it_does_when_off(case: Case) -> Truth:
    """Whether a component, once it is off, shrinks, stays or moves until just before T/2."""
    record = case.record
    component, at = _first_off(record)
    then = flow_states(record)[at][:, component]
    dropped = np.asarray(record.probe["flow_dropped"], float)[:, component]
    moved, before, after = _rms(dropped - then), _rms(then), _rms(dropped)
    word = "stays" if moved <= STILL * before else "shrinks" if after < before else "moves"
    facts = {"t": plain(float(record.probe["flow_times"][at])), "half": plain(record.spec.horizon / 2)}
    return Truth(word, facts | {"size": plain(before), "moved": plain(moved)})


def first_instead_of_last(case: Case) -> Truth:
    """How many times more is lost at rest with the first component than with the one that goes off first."""
    record = case.record
    component, _ = _first_off(record)
    mean = np.square(flow_states(record)[0]).mean(axis=0)
    kept = int(np.asarray(record.weights["order"])[0])
    facts = {"last": plain(float(mean[component])), "first": plain(float(mean[kept]))}
    return Truth(float(mean[kept] / mean[component]), facts)


def lost_at_rest(case: Case) -> Truth:
    """Share of the variance of new data, in per cent, that is lost where nothing moves: what PCA leaves."""
    record = case.record
    lost, left = record.summary.get("pca_unexplained"), record.summary.get("unexplained")
    if lost is None or left is None:
        raise InputError("run", record.name, "a run that is compared with PCA")
    width = flow_states(record).shape[2]
    facts = {"left": percent(left), "d": str(width), "k": str(record.spec.bottleneck)}
    return Truth(100 * lost, facts | {"off": str(width - record.spec.bottleneck)})


CHECKS = {
    "what_it_does_when_off": what_it_does_when_off,
    "first_instead_of_last": first_instead_of_last,
    "lost_at_rest": lost_at_rest,
}
