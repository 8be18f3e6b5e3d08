"""What a horizon can reach: a speed of at most 1, and the time that is left to grow again."""

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import bottleneck_index, finite, flow_states
from autoencode_core.figures.lessons.reach import driven_time, regrown, wanted_and_made
from autoencode_core.figures.scenes.parts import dropped_states
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import number_of, plain
from autoencode_core.store.record import RunRecord


def farthest_way(case: Case) -> Truth:
    """The longest way along one component that the flow moves any drawn particle from t = 0 to T.

    Only for a run whose bottleneck drops nothing: else a part of the way is no flow.
    """
    record = case.record
    states = finite(flow_states(record))
    if record.spec.bottleneck != states.shape[2]:
        raise InputError("run", record.name, "one that drops no component")
    wanted = np.abs(finite(record.probe["targets"]) - finite(record.probe["inputs"]))
    most = np.abs(states[-1] - states[0]).max()
    horizon = record.spec.horizon
    least = float(np.square(np.maximum(wanted - horizon, 0)).sum(axis=1).mean())
    far = float((wanted.max(axis=1) > horizon).mean())
    facts = {"least": plain(least, 2), "far": plain(100 * far, 2), "farthest": plain(float(wanted.max()))}
    return Truth(float(most), facts)


def farthest_regrown(case: Case) -> Truth:
    """How far from 0 the regrown component of any drawn particle is at T.

    Beside it the least mean squared error that any control leaves: a component that starts from 0 and is
    driven for a time s at a speed of at most 1 ends within s of 0.
    """
    record = case.record
    wanted, made = wanted_and_made(record)
    reach, states = driven_time(record, regrown(record)), finite(flow_states(record))
    facts = {
        "reach": plain(reach, 2),
        "height": plain(float(np.abs(wanted).max()), 2),
        "bound": plain(float(np.square(np.maximum(np.abs(wanted) - reach, 0)).mean()), 2),
        "error": plain(float(np.square(states[-1] - states[0]).sum(axis=1).mean()), 2),
    }
    return Truth(float(np.abs(made).max()), facts)


def least_horizon(case: Case) -> Truth:
    """The least horizon T with which the reach covers every drawn particle; widths as in the run."""
    record = case.record
    wanted, _ = wanted_and_made(record)
    height = float(np.abs(wanted).max())
    share = driven_time(record, regrown(record)) / record.spec.horizon
    half = 2 * height
    facts = {"height": plain(height, 2), "share": plain(share, 2), "half": plain(half, 2)}
    return Truth(height / share, facts)


def fastest(case: Case) -> Truth:
    """The largest speed of a drawn particle along a component, between two stored moments."""
    record = case.record
    speed = float(_speeds(record).max())
    return Truth(speed, {"step": plain(number_of(record, "step"))})


def _speeds(record: RunRecord) -> np.ndarray:
    """Mean speeds along each component between two stored moments (S - 1, n, d), without the projection."""
    states, middle = finite(flow_states(record)), bottleneck_index(record)
    ends = states.copy()
    ends[middle] = dropped_states(record)  # where the encoder left them
    times = np.diff(np.asarray(record.probe["flow_times"], float))
    return np.asarray(np.abs(ends[1:] - states[:-1]) / times[:, None, None])


CHECKS = {
    "farthest_way": farthest_way,
    "farthest_regrown": farthest_regrown,
    "least_horizon": least_horizon,
    "fastest": fastest,
}
