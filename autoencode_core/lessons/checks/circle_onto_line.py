"""A circle does not fit on a line: where it is cut, how far the cut is pulled apart, where the error is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import codes, flow_states
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import plain
from autoencode_core.store.record import RunRecord

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Cut:
    """The two neighbours on a circle whose codes are furthest apart.

    Attributes:
        places: of both, (2, 2), in flow coordinates.
        middle: the place between them (2,).
        jump: how far their codes are apart.
        around: of all particles the distance to the middle along the circle, in degrees (n,).
    """

    places: Array
    middle: Array
    jump: float
    around: Array


def _cut(record: RunRecord) -> _Cut:
    start, z = flow_states(record)[0], np.asarray(codes(record), float)
    if start.shape[1] != 2 or z.shape[1] != 1:
        raise InputError("run", record.name, "a run of data in the plane onto one number")
    angle = np.arctan2(start[:, 1], start[:, 0])
    order = np.argsort(angle)
    jumps = np.abs(np.diff(z[order, 0], append=z[order[0], 0]))
    at = int(np.argmax(jumps))
    pair = order[[at, (at + 1) % len(order)]]
    middle = start[pair].mean(axis=0)
    turn = np.degrees(angle - np.arctan2(middle[1], middle[0]))
    around = np.abs((turn + 180) % 360 - 180)
    return _Cut(start[pair], middle, float(jumps[at]), around)


def where_it_is_cut(case: Case) -> Truth:
    """The place of the cut, between the two neighbours whose codes are furthest apart."""
    found = _cut(case.record)
    z = np.asarray(codes(case.record), float)
    apart = float(np.linalg.norm(found.places[1] - found.places[0]))
    share = found.jump / float(np.ptp(z))
    facts = {"apart": plain(apart), "jump": plain(found.jump), "share": f"{100 * share:.0f} %"}
    return Truth(tuple(map(float, found.middle)), facts)


def stretch_at_the_cut(case: Case) -> Truth:
    """How many times further apart the codes of the cut's two neighbours are than they themselves."""
    found = _cut(case.record)
    apart = float(np.linalg.norm(found.places[1] - found.places[0]))
    return Truth(found.jump / apart, {"apart": plain(apart), "jump": plain(found.jump)})


def error_near_the_cut(case: Case) -> Truth:
    """Share of the squared error that the nearest tenth of the particles makes, in per cent."""
    record = case.record
    states, around = flow_states(record), _cut(record).around
    error = np.square(states[-1] - states[0]).sum(axis=1)
    near = np.argsort(around)[: max(1, len(around) // 10)]
    facts = {
        "far": plain(float(np.median(np.delete(error, near))), 2),
        "near": plain(float(error[near].mean()), 2),
        "degrees": plain(2 * float(around[near].max()), 2),
        "count": str(len(near)),
    }
    return Truth(100 * float(error[near].sum() / error.sum()), facts)


CHECKS = {
    "where_it_is_cut": where_it_is_cut,
    "stretch_at_the_cut": stretch_at_the_cut,
    "error_near_the_cut": error_near_the_cut,
}
