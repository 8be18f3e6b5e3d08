"""The small picture of a run."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pytest

from autoencode_core.figures.run.thumbnail import HEIGHT, PARTICLES, WAYS, WIDTH, thumbnail
from autoencode_core.store.record import RunRecord


@pytest.mark.parametrize("d", [2, 3, 64])
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_a_small_picture_of_start_end_and_some_ways(make: Callable[..., RunRecord], d, dark):
    text = thumbnail(make(d, n=400), dark=dark)
    root = ET.fromstring(text)
    marks = [node for node in root if node.tag.endswith("circle")]
    assert len(marks) == 2 * PARTICLES and len(root) - len(marks) == WAYS
    filled = [node for node in marks if node.get("fill") != "none"]
    places = np.array([[float(node.get("cx")), float(node.get("cy"))] for node in filled])
    assert (places >= 0).all() and (places <= [WIDTH, HEIGHT]).all()
    assert len({node.get("fill") for node in filled}) > 3  # coloured by its place
    assert len(text) < 40_000


def test_what_is_not_finite_makes_no_broken_picture(make, change):
    record = make(2, k=1)
    states = record.probe["flow_states"].copy()
    states[3:, ::2] = np.nan
    text = thumbnail(change(record, flow_states=states))
    assert not re.search(r"nan|inf", text)
    ET.fromstring(text)
