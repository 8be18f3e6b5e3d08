"""Turning components off: what a component does once it is off, how large it is, and who still knows it."""

import numpy as np
from numpy.typing import NDArray

from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import codes, flow_states
from autoencode_core.figures.numbers import percent
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import plain
from autoencode_core.store.record import RunRecord

Array = NDArray[np.float64]

STILL = 1e-3
"""A component that moves by a smaller share of its size stands still; one that is smaller is 0."""
NEIGHBOURS = 5
"""Particles of the nearest codes whose mean tells a component."""


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


def size_when_off(case: Case) -> Truth:
    """How large a component is when it is turned off, in per cent of its size (rms) at t = 0."""
    record = case.record
    component, _ = _first_off(record)
    start = _rms(flow_states(record)[0][:, component])
    off = _rms(np.asarray(record.probe["flow_dropped"], float)[:, component])
    return Truth(100 * off / start, {"start": plain(start), "off": plain(off)})


def told_by_the_code(case: Case) -> Truth:
    """Share of the variance of what is dropped at T/2 that the code tells, in per cent.

    It is told by the mean of the particles with the nearest codes, the particle itself left out.
    """
    record = case.record
    component, _ = _first_off(record)
    dropped = np.asarray(record.probe["flow_dropped"], float)[:, component]
    start = flow_states(record)[0]
    kept = np.asarray(record.weights["order"], int)[: record.spec.bottleneck]
    found = _told(np.asarray(codes(record), float), dropped)
    facts = {"at_the_start": percent(max(0.0, _told(start[:, kept], start[:, component])))}
    return Truth(100 * max(0.0, found), facts)


def _told(known: Array, wanted: Array) -> float:
    """Share of the variance of wanted (n,) that its neighbours in known (n, k) tell."""
    apart = np.square(known[:, None] - known[None]).sum(axis=-1)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, axis=1)[:, :NEIGHBOURS]
    left = wanted - wanted[nearest].mean(axis=1)
    return float(1 - np.mean(np.square(left)) / np.var(wanted))


CHECKS = {
    "what_it_does_when_off": what_it_does_when_off,
    "size_when_off": size_when_off,
    "told_by_the_code": told_by_the_code,
}
