"""Costates as arrows on the particles."""

import numpy as np
import pytest
from reading import places

from autoencode_core.analysis import costates
from autoencode_core.figures.scenes.costates import arrow_scale, costates_scene
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.store.run_store import RunStore
from autoencode_core.training.records import run_of

RUNS = ("gallery-circle", "gallery-s_curve", "gallery-classify", "gallery-bimodal", "gallery-digits")


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("runs"), gallery="assets/gallery")
    return {name: store.record(name) for name in RUNS}


@pytest.mark.parametrize("name", RUNS)
def test_a_tip_is_its_particle_plus_its_costate(records, name):
    record = records[name]
    answer = costates(run_of(record))
    pane = costates_scene(record, "x", answer)["panes"][0]
    arrows, middle = pane["arrows"], len(answer["costates"]) - 1
    middle = middle if record.spec.task == "classify" else middle // 2
    assert arrows["positions"].shape == pane["positions"].shape
    found = places(arrows["positions"], arrows["quanta"]) - places(pane["positions"], pane["quanta"])
    scale = arrow_scale(record, answer)
    wide = np.ptp(np.asarray(arrows["quanta"]), axis=1).max()
    parts = [answer["costates"][: middle + 1], answer["unprojected"][None], answer["costates"][middle + 1 :]]
    wanted = np.concatenate(parts)[..., : pane["dims"]]  # the first components where they are principal axes
    np.testing.assert_allclose(found, scale * wanted, atol=2e-4 * wide)
    assert encode(costates_scene(record, "x", answer))


def test_the_encoder_meets_the_projected_costate(records):
    record = records["gallery-circle"]
    answer = costates(run_of(record))
    pane = costates_scene(record, "x", answer)["panes"][0]
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
    shown = costates_scene(records["gallery-circle"], "x", answer)
    assert shown["reverse"] is True
    layers = {each["name"]: each["on"] for each in shown["panes"][0]["layers"]}
    assert layers["costates"] and layers["particles"] and "field" not in layers


def test_longer_arrows_keep_their_proportions(records):
    record = records["gallery-circle"]
    answer = costates(run_of(record))
    ways = []
    for length in (1.0, 2.0):
        pane = costates_scene(record, "x", answer, length)["panes"][0]
        tips = places(pane["arrows"]["positions"], pane["arrows"]["quanta"])
        ways.append(tips - places(pane["positions"], pane["quanta"]))
    np.testing.assert_allclose(ways[1], 2 * ways[0], atol=2e-3 * np.abs(ways[1]).max())


def test_without_costates_there_are_arrows_of_no_length(records):
    record = records["gallery-circle"]
    answer = dict(costates(run_of(record)))
    answer |= {name: np.zeros_like(answer[name]) for name in ("costates", "unprojected")}
    assert arrow_scale(record, answer) == 0.0
    assert encode(costates_scene(record, "x", answer))
