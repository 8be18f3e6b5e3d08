import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import autoencode_core as ac
from autoencode_core.analysis import run_particles as particles_module
from autoencode_core.analysis.flow.trajectories import trajectories
from autoencode_core.analysis.run_particles import drawn
from autoencode_core.data.loading import load
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import label_positions

CASES = {
    "reconstruct": {},
    "denoise": {"task": "denoise"},
    "transport": {"dataset": "bimodal_2d", "task": "transport"},
    "one component": {"dataset": "bimodal", "task": "transport", "bottleneck": 1},
    "k = d": {"dataset": "s_curve", "bottleneck": 3, "coordinates": "standard"},
    "one particle": {"particles": 1},
}


@pytest.mark.parametrize("case", CASES)
def test_training_particles_move_as_the_model_moves_them(make_run, case):
    run = make_run(**CASES[case])
    found, count = trajectories(run, run.spec.particles), run.spec.particles
    flow = run.model.flow(run.data.train)
    np.testing.assert_allclose(found["states"], flow.states, atol=1e-6)
    np.testing.assert_allclose(found["dropped"], flow.dropped, atol=1e-6)
    np.testing.assert_allclose(found["times"], flow.times)
    assert np.array_equal(found["active"], flow.active) and found["states"].dtype == np.float32
    outputs = run.model.reconstruct(run.data.train)
    scale = run.data.train.numpy().std(0) if run.spec.coordinates == "standard" else 1.0
    expected = ((outputs - run.data.train_targets) / torch.as_tensor(scale)).square().sum(1)
    np.testing.assert_allclose(found["errors"], expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["targets"], run.data.train_targets)
    assert (found["trained"], found["left_out"], found["note"]) == (count, 0, "")
    assert len(found["hue"]) == count


def test_classify_ends_at_the_code(make_run):
    run = make_run(task="classify", dataset="spirals", order="reversed", bottleneck=1)
    found = trajectories(run, 50)
    targets = label_positions(2, 1)[run.data.train_labels[:50]]
    expected = np.square(run.model.encode(run.data.train[:50]).numpy() - targets).sum(1)
    np.testing.assert_allclose(found["errors"], expected)
    assert found["states"].shape == (4, 50, 2) and np.array_equal(found["targets"], targets)
    assert np.array_equal(found["labels"], run.data.train_labels[:50])


def test_drawn_axes_are_a_projection_of_the_states(make_run):
    run = make_run(dataset="s_curve", bottleneck=2)
    rng = np.random.default_rng(0)
    basis, center = np.linalg.qr(rng.standard_normal((3, 2)))[0], rng.standard_normal(3)
    whole, drawn_on = trajectories(run, 30), trajectories(run, 30, basis=basis, center=center)
    for name in ("states", "dropped"):
        np.testing.assert_allclose(drawn_on[name], (whole[name] - center) @ basis, atol=1e-5)
    np.testing.assert_allclose(drawn_on["errors"], whole["errors"])


@settings(max_examples=25)
@given(few=st.integers(1, 90), more=st.integers(0, 90), seed=st.none() | st.integers(0, 5))
def test_fewer_particles_are_the_first_of_more(run, few, more, seed):
    """Of the run's own particles as of fresh ones, within its number and beyond."""
    short, long = trajectories(run, few, seed), trajectories(run, few + more, seed)
    np.testing.assert_allclose(long["states"][:, :few], short["states"], atol=1e-6)
    np.testing.assert_allclose(long["errors"][:few], short["errors"], rtol=1e-9, atol=1e-12)
    # The run's own seed draws the run's own particles.
    assert short["trained"] == (0 if seed else min(few, 60))


def test_beyond_the_run_come_fresh_particles_of_the_same_law(run):
    more = drawn(run, 100)
    assert np.array_equal(more.inputs[:60], run.data.source.train) and more.trained == 60
    assert np.array_equal(more.inputs, load("moons", 100, 0.0, 0, "reconstruct").train)
    anew = drawn(run, 100, seed=5)
    assert anew.trained == 0 and not np.isin(anew.inputs, more.inputs).any()


def test_finite_data_set_has_no_more_than_it_has(csv_run):
    run, _ = csv_run
    found = trajectories(run, 1000)
    assert found["states"].shape[1] == 32 and "no more than 32" in found["note"] and found["trained"] == 20
    assert trajectories(run, 32)["note"] == ""


@pytest.mark.parametrize("spoilt", ["gone", "changed", "nonsense"])
def test_without_its_file_a_run_shows_what_is_stored_with_it(csv_run, spoilt):
    run, path = csv_run
    stored = run.probe["inputs"]
    text = path.read_text().replace("0.", "1.") if spoilt == "changed" else "not,a\ntable"
    path.unlink() if spoilt == "gone" else path.write_text(text)
    found = trajectories(run, 1000)
    assert "stored with it" in found["note"] and found["states"].shape[1] == len(stored)
    np.testing.assert_allclose(found["states"][0], run.model.coordinates.to_flow(stored), atol=1e-5)
    assert trajectories(run, 3)["states"].shape[1] == 3


def test_some_of_them(run):
    whole, some = trajectories(run, 80), trajectories(run, 80, only=[70, 3])
    np.testing.assert_allclose(some["states"], whole["states"][:, [70, 3]], atol=1e-6)
    assert np.array_equal(some["labels"], whole["labels"][[70, 3]])


def test_particles_beyond_all_numbers_stay_in_place(make_run):
    run = make_run(1e30, activation="relu")
    found = trajectories(run, 60)
    lost = ~np.isfinite(found["states"]).all(axis=(0, 2))
    assert found["left_out"] == lost.sum() > 0 and np.isfinite(found["states"][0]).all()
    assert not np.isinf(found["states"]).any() and not np.isinf(found["errors"]).any()


def test_blocks_change_nothing(run, monkeypatch):
    whole = trajectories(run, 200)
    monkeypatch.setattr(particles_module, "BLOCK_BYTES", 9000)
    shares = []
    parts = trajectories(run, 200, report=lambda share, words: shares.append(share))
    assert len(shares) > 3 and shares == sorted(shares) and shares[-1] < 1
    np.testing.assert_allclose(parts["states"], whole["states"], atol=1e-6)


def test_it_can_be_ended(run, stopping):
    stop, after = stopping
    with pytest.raises(stop):
        trajectories(run, 60, report=after(2))


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("particles", {"particles": 0}),
        ("particles", {"particles": 2.5}),
        ("particles", {"particles": 10**7}),
        ("seed", {"seed": -1}),
        ("basis", {"basis": np.eye(3)}),
        ("basis", {"basis": [1.0, 2.0]}),
        ("basis", {"basis": np.full((2, 2), np.nan)}),
        ("center", {"center": np.zeros(2)}),
        ("center", {"basis": np.eye(2), "center": np.zeros(3)}),
        ("only", {"only": [60]}),
        ("only", {"only": []}),
        ("only", {"only": [0.5]}),
    ],
)
def test_bad_arguments(run, field, arguments):
    with pytest.raises(InputError) as raised:
        trajectories(run, **{"particles": 60, **arguments})
    assert raised.value.field == field


def test_states_that_would_not_fit_are_refused(run, monkeypatch):
    monkeypatch.setattr(sys.modules[trajectories.__module__], "LARGEST", 1000)
    with pytest.raises(InputError, match="particles = 60"):
        trajectories(run, 60)
    assert trajectories(run, 5)["states"].shape == (7, 5, 2)


def test_a_trained_run_and_its_record_agree():
    run = ac.train(ac.RunSpec(dataset="circle", particles=40, iterations=2))
    found = ac.analysis.trajectories(run, 40)
    np.testing.assert_allclose(found["errors"].mean(), run.history["train_error"][-1], rtol=1e-4)
    assert torch.equal(torch.as_tensor(found["active"]), run.model.flow(run.data.train).active)
