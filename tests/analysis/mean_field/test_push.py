from dataclasses import replace

import numpy as np
import pytest

from autoencode_core import analysis
from autoencode_core.analysis import run_particles
from autoencode_core.errors import InputError


def test_samples_moved_are_the_histogram_moved(make_run):
    run = make_run(particles=2000, bottleneck=1)
    found = analysis.push(run, cells=(4, 16, 64, 256, 1024), bins=16)
    apart = found["total_variation"].max(axis=1)
    assert (np.diff(apart) < 0).all() and apart[-1] < 0.03 < 0.1 < apart[0]
    for name in ("samples", "pushed"):
        np.testing.assert_allclose(found[name].sum(axis=(1, 2), dtype=float), 1, atol=1e-6)
    counted, *_ = np.histogram2d(
        *((run.model.flow(run.data.train).states[-1].numpy() - found["center"]) @ found["basis"]).T,
        bins=(found["x"], found["y"]),
    )
    np.testing.assert_allclose(found["samples"][-1], counted.T / 2000, atol=1e-6)


def test_what_is_drawn_of_both_laws_is_what_is_counted(make_run):
    found = analysis.push(make_run(particles=300, bottleneck=1), cells=(16,), bins=12)
    edges = (found["x"], found["y"])
    for law, places, masses in (
        ("samples", "places", np.full(300, 1 / 300)),
        ("pushed", "pushed_places", found["pushed_masses"]),
    ):
        for frame, points in enumerate(found[places].astype(float)):
            counted, *_ = np.histogram2d(*points.T, bins=edges, weights=masses)
            assert np.abs(counted.T - found[law][frame]).sum() < 0.02  # single precision at an edge


def test_a_histogram_that_stays_would_be_seen(make_run):
    """The comparison can fail: what does not move is far from what does."""
    run = make_run(3.0, particles=500, bottleneck=2)
    found = analysis.push(run, cells=(256,), bins=12)
    rest = np.abs(found["samples"][-1] - found["samples"][0]).sum() / 2
    assert found["total_variation"][0].max() < 0.1 < 0.3 < rest


def test_each_occupied_cell_moves_its_middle_with_its_mass(make_run):
    run = make_run(0.0, dataset="bimodal", bottleneck=1, particles=300)
    found = analysis.push(run, cells=(3, 6), bins=64)
    flow = np.asarray(run.model.coordinates.to_flow(run.data.source.train))
    places = ((flow - found["center"]) @ found["basis"])[:, 0]
    counts, edges = np.histogram(places, 6)
    wanted, _ = np.histogram((edges[1:] + edges[:-1]) / 2, found["x"], weights=counts / 300)
    stayed, _ = np.histogram(places, found["x"])
    assert found["occupied"][1] == np.count_nonzero(counts) < 7
    for frame, pushed in enumerate(found["pushed"][:, 0]):  # at rest: every frame is the first
        np.testing.assert_allclose(pushed, wanted, atol=1e-6)
        np.testing.assert_allclose(found["samples"][frame, 0], stayed / 300, atol=1e-6)
        apart = np.abs(wanted - stayed / 300).sum() / 2
        assert found["total_variation"][1, frame] == pytest.approx(apart, abs=1e-6) and apart > 0.5


@pytest.mark.parametrize(
    "case",
    [{"dataset": "bimodal", "task": "transport"}, {"dataset": "digits", "particles": 50}, {"particles": 1}],
)
def test_push_forward_of_other_widths(make_run, case):
    found = analysis.push(make_run(**case), cells=(8, 512), bins=8)
    assert found["total_variation"][1].max() <= 0.1
    assert found["samples"].shape[1] == (1 if case.get("dataset") == "bimodal" else 8)


def test_blocks_of_particles_do_not_change_the_answer(run, monkeypatch):
    whole = analysis.push(run)
    monkeypatch.setattr(run_particles, "BLOCK_BYTES", 3000)
    for name, values in analysis.push(run).items():
        if name != "note":
            np.testing.assert_allclose(values, whole[name], atol=1e-6)


def test_a_diverged_run_is_refused(run):
    with pytest.raises(InputError, match="did not diverge"):
        analysis.push(replace(run, status="diverged"))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"cells": (16, 8)}, "cells"),
        ({"cells": ()}, "cells"),
        ({"bins": 1}, "bins"),
        ({"basis": np.eye(5)}, "basis"),
    ],
)
def test_bad_arguments(run, arguments, field):
    with pytest.raises(InputError) as raised:
        analysis.push(run, **arguments)
    assert raised.value.field == field


def test_without_its_file_a_run_answers_for_what_is_stored(csv_run):
    run, path = csv_run
    path.unlink()
    assert "stored with it" in analysis.push(run)["note"]


def test_a_report_ends_it(run, stopping):
    stop, after = stopping
    with pytest.raises(stop):
        analysis.push(run, report=after(2))
