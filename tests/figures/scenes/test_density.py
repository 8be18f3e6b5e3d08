"""The law of the particles in the player: its density and mass, samples and histogram moved."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reading import read_scene

from autoencode_core.figures.scenes.density import FEW, grid_ranges, mass_scene, push_scene
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def answer(record: RunRecord, axes: int, outside: float = 0.0, few: bool = False) -> dict[str, Any]:
    """What mass and push_forward say of a record, with all mass in one cell."""
    frames, bins = record.spec.depth + 2, 8
    if record.spec.task == "classify":
        frames = record.spec.depth // 2 + 2
    values = np.zeros((frames, bins if axes == 2 else 1, bins), np.float32)
    values[:, 0, 3] = 1 - outside
    ranges = grid_ranges(record)
    edges = [np.linspace(*ends, bins + 1) for ends in ranges]
    half = record.spec.depth // 2
    times = np.linspace(0, 3 if frames > half + 2 else 1.5, frames - 1)
    places = np.random.default_rng(1).uniform(*ranges.T, (frames, 30, len(ranges))).astype(np.float32)
    shares = {"on_grid": np.full(frames, 1 - outside), "outside": np.full(frames, outside)}
    return {
        **shares,
        "values": values,
        "samples": values,
        "pushed": values,
        "cells": np.array([8, 64]),
        "lost": np.zeros(frames),
        "total": np.ones(frames),
        "times": np.insert(times, half, times[half]),
        "places": places,
        "pushed_places": places[:, :10],
        "pushed_masses": np.full(10, 0.1, np.float32),
        "deviation": 2e-9,
        "ranges": ranges,
        "x": edges[0],
        "y": edges[1] if axes == 2 else np.empty(0),
        "particles": 500 if few else 30,
    }


@pytest.mark.parametrize("d, k, axes", [(1, 1, 1), (2, 1, 2), (3, 2, 2), (64, 8, 2)])
@pytest.mark.parametrize("scene", [mass_scene, push_scene])
def test_a_density_for_every_frame_and_few_particles(
    make: Make, d: int, k: int, axes: int, scene: Callable[..., Any]
) -> None:
    record = make(d, k=k, n=200)
    shown = read_scene(encode(scene(record, answer(record, axes), "a")))
    for pane in [pane for pane in shown["panes"] if pane["kind"] == "cloud"]:
        law = pane["density"]
        assert len(law["times"]) == len(law["positions"]) == len(pane["positions"]) == record.spec.depth + 2
        assert pane["positions"].shape[1] == shown["n"] == FEW and pane["dims"] == axes
        assert law["positions"].shape[2] == len(law["range"]) == len(law["bins"]) == axes
        assert {one["name"] for one in pane["layers"] if one["on"]} >= {"density"}


@pytest.mark.parametrize("scene", [mass_scene, push_scene])
def test_the_picture_says_of_how_many_particles_it_is(make: Make, scene: Callable[..., Any]) -> None:
    record = make(2, k=1)
    notes = [scene(record, answer(record, 2, few=few), "a")["panes"][0]["note"] for few in (False, True)]
    assert "drawn from" not in notes[0] and "drawn from 30 of 500" in notes[1]
    pane = mass_scene(record, answer(record, 2, few=True), "a")["panes"][0]
    words = next(one["help"] for one in pane["layers"] if one["name"] == "density")
    assert "30, evenly chosen, of the 500 training particles" in words


def test_cells_that_were_pushed_take_their_mass_along(make: Make) -> None:
    record = make(2, k=1)
    samples, pushed = (pane["density"] for pane in push_scene(record, answer(record, 2), "a")["panes"])
    assert samples["masses"] is None and pushed["masses"].sum() == pytest.approx(1)
    assert samples["most"] == pushed["most"] == 1 and not samples["smooth"]


def test_the_mass_is_on_screen_at_every_time(make: Make) -> None:
    record = make(2, k=1)
    still = mass_scene(record, answer(record, 2), "a")
    assert "1 ± 2·10⁻⁹ at every t" in still["caption"]
    assert [one["name"] for one in still["panes"][1]["series"]] == ["sum"]
    leaves = mass_scene(record, answer(record, 2, outside=0.25), "a")["panes"][1]["series"]
    assert [one["name"] for one in leaves] == ["sum", "on grid", "beside"]
    assert len({one["dash"] for one in leaves}) == 3
    np.testing.assert_allclose(leaves[1]["values"] + leaves[2]["values"], leaves[0]["values"])


def test_the_smaller_grid_holds_the_start_and_not_the_way(make: Make) -> None:
    record = make(2, k=1, push=3.0)
    start, way = grid_ranges(record, start=True), grid_ranges(record)
    assert (way[:, 0] <= start[:, 0]).all() and (way[:, 1] >= start[:, 1]).all() and (way != start).any()


def test_a_classifier_stops_at_the_bottleneck(make: Make) -> None:
    record = make(2, k=1, classes=2, task="classify")
    shown = mass_scene(record, answer(record, 2), "a")
    assert shown["timeline"]["decoder"] == 0
    assert shown["panes"][0]["positions"].shape[0] == record.spec.depth // 2 + 2
