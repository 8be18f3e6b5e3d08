from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core import analysis
from autoencode_core.analysis import run_particles as shared
from autoencode_core.analysis.mean_field.doubled import doubled
from autoencode_core.errors import InputError
from autoencode_core.flow.doubled import doubled_flow


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"dataset": "bimodal", "task": "transport"},
        {"dataset": "s_curve", "bottleneck": 2},
        {"task": "classify", "bottleneck": 1},
        {"particles": 1},
        {"bottleneck": 2},
        {"activation": "identity"},
    ],
)
def test_mass_is_conserved_on_a_grid_that_holds_all(make_run, case):
    run = make_run(**case)
    found = analysis.density(run, bins=48)
    layers = 3 if run.spec.task == "classify" else 6
    assert len(found["values"]) == len(found["times"]) == layers + 2
    assert found["deviation"] < 1e-6 and not found["outside"].any() and not found["lost"].any()
    np.testing.assert_allclose(found["on_grid"], 1, atol=1e-6)
    assert found["basis"].shape[1] == min(2, run.model.architecture.width)


def test_mass_that_leaves_the_grid_is_told(run):
    center, basis = np.zeros(2), np.eye(2)
    found = analysis.density(run, basis, center, [[-0.5, 0.5], [-9.0, 9.0]])
    first = np.asarray(run.model.coordinates.to_flow(run.data.source.train))[:, 0]
    assert found["outside"][0] == np.mean(np.abs(first) > 0.5) > 0
    np.testing.assert_allclose(found["on_grid"], 1 - found["outside"], atol=1e-6)
    assert found["deviation"] < 1e-6


@given(st.integers(0, 59), st.integers(8, 60))
def test_particles_on_an_edge_of_the_grid_are_counted_once(run, row, bins):
    flat = np.asarray(run.model.coordinates.to_flow(run.data.source.train))
    edge = flat[row, 0]
    for side in ([edge, edge + 0.7], [edge - 0.7, edge]):
        assert analysis.density(run, np.eye(2), np.zeros(2), [side, [-9.0, 9.0]], bins)["deviation"] < 1e-6


def test_mass_beyond_all_numbers_is_told_apart(make_run):
    run = make_run(1e200, activation="relu")
    found = analysis.density(run, np.eye(2), np.zeros(2), [[-9.0, 9.0]] * 2)
    assert found["lost"][0] == 0 and found["lost"].max() > 0 and found["deviation"] < 1e-6


def test_frames_lie_at_their_times(run):
    half = run.spec.horizon / 2
    np.testing.assert_allclose(
        analysis.density(run, bins=8)["times"], [0, half / 3, half / 1.5, half, half, *TAIL * half]
    )


TAIL = np.array([4 / 3, 5 / 3, 2])


@pytest.mark.parametrize("case", [{}, {"dataset": "s_curve", "bottleneck": 1, "order": "reversed"}])
def test_the_doubled_state_is_the_projected_form_without_a_jump(make_run, case):
    run = make_run(field="single_layer", **case)
    found, flow = doubled(run, 40), run.model.flow(run.data.train[:40])
    assert found["apart"] < 1e-12
    half, kept = run.spec.depth // 2, found["kept"]
    forgotten = np.setdiff1d(np.arange(run.model.architecture.width), kept)
    assert not found["shadows"][: half + 1].any() and found["shadows"][-1][:, forgotten].any()
    # The decoder writes what was forgotten into the shadows; the half x keeps what it was.
    last, states = found["states"], flow.states.numpy()
    np.testing.assert_allclose(found["shadows"][-1][:, forgotten], states[-1][:, forgotten], atol=1e-6)
    np.testing.assert_allclose(last[-1][:, kept], states[-1][:, kept], atol=1e-6)
    np.testing.assert_array_equal(last[-1][:, forgotten], last[half][:, forgotten])
    assert (
        not found["read"][:half].any()
        and found["read"][-1].tolist() == np.isin(np.arange(run.model.architecture.width), forgotten).tolist()
    )
    assert found["speed"] <= np.sqrt(run.model.architecture.width) + 1e-5  # tanh: nothing jumps
    doubled_state = np.concatenate([found["states"], found["shadows"]], axis=2)
    steps = np.linalg.norm(np.diff(doubled_state, axis=0), axis=2)
    assert found["speed"] == pytest.approx(steps.max() / run.model.architecture.step, rel=1e-5)
    for n in range(half, run.spec.depth):
        active = run.model.order[: run.model.architecture.counts[n]].numpy()
        assert np.flatnonzero(found["read"][n]).tolist() == sorted(np.setdiff1d(active, kept))


def test_the_speed_of_the_doubled_state_is_that_of_both_halves(make_run):
    """An encoder at rest: what is fastest moves the shadows too."""
    run = make_run(field="single_layer", bottleneck=1)
    vector = run.model.control.vector.clone()
    for layer in run.model.architecture.shape.layers(vector[None])[:3]:
        for block in layer:
            block.zero_()
    found = doubled(replace(run, model=run.model.with_control(vector)), 40)
    steps = np.diff(np.concatenate([found["states"], found["shadows"]], axis=2), axis=0)
    fastest = np.linalg.norm(steps, axis=2).max() / run.model.architecture.step
    assert found["speed"] == pytest.approx(fastest, rel=1e-5)
    assert (
        np.linalg.norm(np.diff(found["states"], axis=0), axis=2).max() < np.linalg.norm(steps, axis=2).max()
    )


def test_two_forms_that_disagree_are_told_apart(run, monkeypatch):
    """The comparison can fail: one output that is 0.5 off."""

    def off(model, inputs):
        flow = doubled_flow(model, inputs)
        output = flow.output.clone()
        output[3, 0] += 0.5
        return replace(flow, output=output)

    monkeypatch.setattr("autoencode_core.analysis.mean_field.doubled.doubled_flow", off)
    assert doubled(run, 40)["apart"] == pytest.approx(0.5)


def test_mass_that_is_lost_on_the_grid_would_be_seen(run, monkeypatch):
    """The total can fail to be 1: a density with a tenth too little or too much in one frame."""
    for share in (0.9, 1.1):

        def wrong(*given, share=share):
            found = analysis.law(*given)
            found["values"][2] *= share
            return found

        monkeypatch.setattr("autoencode_core.analysis.mean_field.density.law", wrong)
        found = analysis.density(run, bins=16)
        assert found["total"][2] == pytest.approx(share) and found["total"][0] == pytest.approx(1)
        assert found["deviation"] == pytest.approx(0.1)


def test_without_a_bottleneck_the_shadows_stay_at_rest(make_run):
    found = doubled(make_run(bottleneck=2), 10)
    assert not found["shadows"].any() and not found["read"].any() and "stay at 0" in found["note"]


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


@pytest.mark.parametrize("ask", [analysis.density, analysis.push])
def test_blocks_of_particles_do_not_change_the_answer(run, monkeypatch, ask):
    whole = ask(run)
    monkeypatch.setattr(shared, "BLOCK_BYTES", 3000)
    for name, values in ask(run).items():
        if name != "note":
            np.testing.assert_allclose(values, whole[name], atol=1e-6)


@pytest.mark.parametrize(
    "case",
    [{"dataset": "bimodal", "task": "transport"}, {"dataset": "digits", "particles": 50}, {"particles": 1}],
)
def test_push_forward_of_other_widths(make_run, case):
    found = analysis.push(make_run(**case), cells=(8, 512), bins=8)
    assert found["total_variation"][1].max() <= 0.1
    assert found["samples"].shape[1] == (1 if case.get("dataset") == "bimodal" else 8)


def test_a_diverged_run_is_refused(run):
    for ask in (analysis.density, doubled, analysis.push):
        with pytest.raises(InputError, match="did not diverge"):
            ask(replace(run, status="diverged"))


@pytest.mark.parametrize(
    ("ask", "arguments", "field"),
    [
        (analysis.density, {"bins": 2}, "bins"),
        (analysis.density, {"ranges": [[1.0, 0.0]]}, "ranges"),
        (doubled, {"particles": 0}, "particles"),
        (analysis.push, {"cells": (16, 8)}, "cells"),
        (analysis.push, {"cells": ()}, "cells"),
        (analysis.push, {"bins": 1}, "bins"),
        (analysis.push, {"basis": np.eye(5)}, "basis"),
    ],
)
def test_bad_arguments(run, ask, arguments, field):
    with pytest.raises(InputError) as raised:
        ask(run, **arguments)
    assert raised.value.field == field


def test_classify_has_no_doubled_form(make_run):
    with pytest.raises(InputError, match="encoder only"):
        doubled(make_run(task="classify"))


def test_without_its_file_a_run_answers_for_what_is_stored(csv_run):
    run, path = csv_run
    path.unlink()
    for ask in (analysis.density, doubled, analysis.push):
        assert "stored with it" in ask(run)["note"]


def test_a_report_ends_it(run, stopping):
    stop, after = stopping
    for ask in (analysis.density, doubled, analysis.push):
        with pytest.raises(stop):
            ask(run, report=after(2))
