"""Truths about a circle on a line, against loops over its particles."""

import math

import numpy as np
import pytest
from lessons.direct import STORE, about

from autoencode_core.errors import InputError
from autoencode_core.lessons.checks import CHECKS

RUN = "gallery-circle"


@pytest.fixture(scope="module")
def walk():
    """The particles in the order of their angles: angle, place, code and squared error of each."""
    probe = STORE.record(RUN).probe
    states = np.asarray(probe["flow_states"], float)
    (kept,) = np.flatnonzero(probe["flow_active"][len(states) // 2])
    code = states[len(states) // 2][:, kept]
    error = [math.dist(a, b) ** 2 for a, b in zip(states[0], states[-1], strict=True)]
    rows = zip(states[0], code, error, strict=True)
    return sorted((math.atan2(*place[::-1]), tuple(place), z, e) for place, z, e in rows)


@pytest.fixture(scope="module")
def cut(walk):
    """The two neighbours whose codes are furthest apart."""
    pairs = zip(walk, [*walk[1:], walk[0]], strict=True)
    return max(pairs, key=lambda pair: abs(pair[0][2] - pair[1][2]))


def test_it_is_cut_between_the_neighbours_whose_codes_are_furthest_apart(cut):
    found = CHECKS["where_it_is_cut"](about(RUN))
    middle = [(a + b) / 2 for a, b in zip(cut[0][1], cut[1][1], strict=True)]
    assert found.value == pytest.approx(middle, abs=1e-6)
    assert math.hypot(*found.value) == pytest.approx(1, abs=0.05)  # on the circle


def test_the_stretch_is_that_of_the_gap(cut):
    stretch = abs(cut[0][2] - cut[1][2]) / math.dist(cut[0][1], cut[1][1])
    assert CHECKS["stretch_at_the_cut"](about(RUN)).value == pytest.approx(stretch, rel=1e-4)


def test_the_error_is_that_of_the_tenth_nearest_to_the_cut(walk, cut):
    middle = [(a + b) / 2 for a, b in zip(cut[0][1], cut[1][1], strict=True)]
    nearest = sorted(walk, key=lambda row: -np.dot(row[1], middle) / math.hypot(*row[1]))
    share = sum(row[3] for row in nearest[: len(walk) // 10]) / sum(row[3] for row in walk)
    assert CHECKS["error_near_the_cut"](about(RUN)).value == pytest.approx(100 * share, rel=1e-6)


def test_other_data_have_no_such_cut():
    with pytest.raises(InputError):
        CHECKS["where_it_is_cut"](about("gallery-s_curve"))
