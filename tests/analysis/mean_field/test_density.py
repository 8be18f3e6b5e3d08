from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core import analysis
from autoencode_core.analysis import run_particles
from autoencode_core.errors import InputError


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


def test_blocks_of_particles_do_not_change_the_answer(run, monkeypatch):
    whole = analysis.density(run)
    monkeypatch.setattr(run_particles, "BLOCK_BYTES", 3000)
    for name, values in analysis.density(run).items():
        if name != "note":
            np.testing.assert_allclose(values, whole[name], atol=1e-6)


def test_a_diverged_run_is_refused(run):
    with pytest.raises(InputError, match="did not diverge"):
        analysis.density(replace(run, status="diverged"))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"bins": 2}, "bins"),
        ({"ranges": [[1.0, 0.0]]}, "ranges"),
    ],
)
def test_bad_arguments(run, arguments, field):
    with pytest.raises(InputError) as raised:
        analysis.density(run, **arguments)
    assert raised.value.field == field


def test_without_its_file_a_run_answers_for_what_is_stored(csv_run):
    run, path = csv_run
    path.unlink()
    assert "stored with it" in analysis.density(run)["note"]


def test_a_report_ends_it(run, stopping):
    stop, after = stopping
    with pytest.raises(stop):
        analysis.density(run, report=after(2))
