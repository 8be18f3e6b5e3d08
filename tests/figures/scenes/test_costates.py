"""Costates as arrows on the particles, and the particles of one iteration of pmp."""

import numpy as np
import pytest

from autoencode_core import analysis
from autoencode_core.analysis import costates
from autoencode_core.figures.scenes.costates import (
    arrow_scale,
    compared_scene,
    costate_scene,
    forward_scene,
)
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.store.run_store import RunStore
from autoencode_core.training.records import run_of

RUNS = ("gallery-circle", "gallery-s_curve", "gallery-classify", "gallery-bimodal", "gallery-digits")


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("runs"), gallery="assets/gallery")
    return {name: store.record(name) for name in RUNS}


def places(part, quanta):
    low, high = np.asarray(quanta).T
    return low + (np.asarray(part, float) + 32767) / 65534 * (high - low)


@pytest.mark.parametrize("name", RUNS)
def test_a_tip_is_its_particle_plus_its_costate(records, name):
    record = records[name]
    answer = costates(run_of(record))
    pane = costate_scene(record, "x", answer)["panes"][0]
    arrows, middle = pane["arrows"], len(answer["costates"]) - 1
    middle = middle if record.spec.task == "classify" else middle // 2
    assert arrows["positions"].shape == pane["positions"].shape
    found = places(arrows["positions"], arrows["quanta"]) - places(pane["positions"], pane["quanta"])
    scale = arrow_scale(record, answer)
    wide = np.ptp(np.asarray(arrows["quanta"]), axis=1).max()
    parts = [answer["costates"][: middle + 1], answer["unprojected"][None], answer["costates"][middle + 1 :]]
    wanted = np.concatenate(parts)[..., : pane["dims"]]  # the first components where they are principal axes
    np.testing.assert_allclose(found, scale * wanted, atol=2e-4 * wide)
    assert encode(costate_scene(record, "x", answer))


def test_the_encoder_meets_the_projected_costate(records):
    record = records["gallery-circle"]
    answer = costates(run_of(record))
    pane = costate_scene(record, "x", answer)["panes"][0]
    found = places(pane["arrows"]["positions"], pane["arrows"]["quanta"]) - places(
        pane["positions"], pane["quanta"]
    )
    middle = record.spec.depth // 2
    gone = np.flatnonzero(~answer["active"][middle])
    wide = np.ptp(np.asarray(pane["arrows"]["quanta"]), axis=1).max()
    assert np.abs(found[middle][:, gone]).max() < 1e-3 * wide
    assert np.abs(found[middle + 1][:, gone]).max() > 1e-3 * wide


def test_time_runs_backwards_and_arrows_have_a_switch(records):
    answer = costates(run_of(records["gallery-circle"]))
    shown = costate_scene(records["gallery-circle"], "x", answer)
    assert shown["reverse"] is True
    layers = {each["name"]: each["on"] for each in shown["panes"][0]["layers"]}
    assert layers["costates"] and layers["particles"] and "field" not in layers


def test_longer_arrows_keep_their_proportions(records):
    record = records["gallery-circle"]
    answer = costates(run_of(record))
    ways = []
    for length in (1.0, 2.0):
        pane = costate_scene(record, "x", answer, length)["panes"][0]
        tips = places(pane["arrows"]["positions"], pane["arrows"]["quanta"])
        ways.append(tips - places(pane["positions"], pane["quanta"]))
    np.testing.assert_allclose(ways[1], 2 * ways[0], atol=2e-3 * np.abs(ways[1]).max())


def test_without_costates_there_are_arrows_of_no_length(records):
    record = records["gallery-circle"]
    answer = dict(costates(run_of(record)))
    answer |= {name: np.zeros_like(answer[name]) for name in ("costates", "unprojected")}
    assert arrow_scale(record, answer) == 0.0
    assert encode(costate_scene(record, "x", answer))


@pytest.mark.parametrize("name", ("gallery-circle", "gallery-classify", "gallery-bimodal"))
def test_an_iteration_is_shown_before_and_after(records, name):
    record = records[name]
    answer = analysis.iteration(run_of(record), iteration=0)
    forward, both = forward_scene(record, "x", answer), compared_scene(record, "y", answer)
    assert not forward["reverse"] and len(forward["panes"]) == 1 and len(both["panes"]) == 2
    left, right = both["panes"]
    assert left["range"] == right["range"] and left["key"] != right["key"]
    start = [places(pane["positions"][0], pane["quanta"]) for pane in (left, right)]
    wide = np.ptp(np.asarray(left["range"]), axis=1).max()
    np.testing.assert_allclose(start[0], start[1], atol=1e-3 * wide)
    ends = [places(pane["positions"][-1], pane["quanta"]) for pane in (left, right)]
    assert np.abs(ends[0] - ends[1]).max() > 1e-3 * wide
    assert not any(each["name"] == "exit error" for each in both["colours"])
    assert encode(forward) and encode(both)
