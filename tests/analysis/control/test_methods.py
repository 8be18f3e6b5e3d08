"""pmp, adam and lbfgs from the start of a run: each as its own training would be."""

from dataclasses import replace

import numpy as np
import pytest
from problems import bimodal_best_constant

import autoencode_core as ac
from autoencode_core import analysis
from autoencode_core.errors import InputError
from autoencode_core.training.objective import cost_and_gradient

SMALL = {"dataset": "moons", "particles": 60, "depth": 6, "horizon": 2.0, "dtype": "float64"}


@pytest.fixture(scope="module")
def shooting() -> ac.Run:
    """Ten iterations of pmp with the paper's metric, every control kept."""
    return ac.train(ac.RunSpec(**SMALL, method="pmp", metric="control", iterations=10))


@pytest.mark.parametrize(("scheme", "substeps"), [("euler", 1), ("euler", 3), ("midpoint", 2), ("rk4", 2)])
def test_they_are_those_of_the_training_by_any_scheme(scheme, substeps):
    by = {"scheme": scheme, "substeps": substeps, "fidelity": None}
    run = ac.train(ac.RunSpec(**SMALL, **by, method="pmp", metric="control", iterations=3))
    np.testing.assert_allclose(analysis.methods(run, 3)["cost"][0], run.history["cost"], rtol=1e-8)


def test_where_fidelity_doubled_the_sub_steps_those_of_the_end_are_taken():
    spec = ac.RunSpec(**SMALL, scheme="euler", fidelity=1e-4, method="pmp", iterations=15)
    run = ac.train(spec)
    assert run.model.architecture.substeps > 1
    model = run.model.with_control(run.path[1][0])
    cost, _ = cost_and_gradient(model, run.data.source.train, run.spec.tikhonov)
    assert analysis.methods(run, 1)["cost"][0, 0] == pytest.approx(cost)


def test_each_method_runs_as_its_training_would(shooting):
    found = analysis.methods(shooting, 10)
    assert found["methods"] == ["pmp", "adam", "lbfgs"] and found["metric"] == "control"
    for row, name in enumerate(found["methods"]):
        own = {"learning_rate": 0.02} if name == "adam" else {}
        alone = ac.train(shooting.spec.but(method=name, iterations=10, **own))
        np.testing.assert_allclose(found["cost"][row], alone.history["cost"], rtol=1e-8)
        np.testing.assert_allclose(found["gradient_norm"][row], alone.history["gradient_norm"], rtol=1e-6)
    assert found["ended"] == ["finished"] * 3
    assert np.ptp(found["cost"][:, 0]) < 1e-12
    gradients = found["evaluations"]
    assert (gradients[:, 0] == 1).all() and gradients[1].tolist() == list(range(1, 12))
    assert (np.diff(gradients, axis=1) >= 1).all() and (np.diff(found["seconds"], axis=1) > 0).all()


def test_batches_count_as_their_share():
    run = ac.train(ac.RunSpec(**SMALL, method="adam", batch_size=20, iterations=2))
    found = analysis.methods(run, 4)
    # A step is a third of the particles; the first one is that of the start.
    assert found["evaluations"][1] == pytest.approx((1 + np.arange(5)) / 3)


def test_methods_end_where_they_have_converged():
    spec = ac.RunSpec(dataset="bimodal", particles=200, tikhonov=0.1, dtype="float64")
    spec = spec.but(method="lbfgs", tolerance=1e-8)
    run = ac.train(spec)
    found = analysis.methods(run, 300)
    assert found["ended"][0] == found["ended"][2] == "converged"
    best, _ = bimodal_best_constant(0.1, run.data.train.numpy(), run.data.train_targets.numpy())
    for row in (0, 2):
        cost = found["cost"][row][np.isfinite(found["cost"][row])]
        assert len(cost) < 300 and cost[-1] <= best + 1e-6
        assert (np.diff(cost) <= 0).all()


def test_they_start_where_the_training_did(shooting):
    other = replace(shooting, path=(np.zeros(1, int), 0.5 * shooting.path[1][-1:]))
    found = analysis.methods(other, 1)
    model, train = shooting.model.with_control(other.path[1][0]), shooting.data.source.train
    assert found["cost"][:, 0] == pytest.approx(cost_and_gradient(model, train, shooting.spec.tikhonov)[0])


def test_a_method_that_is_not_the_runs_has_its_own_first_step():
    spec = ac.RunSpec(**SMALL, method="pmp", metric="control", learning_rate=0.01, iterations=3)
    found = analysis.methods(ac.train(spec), 3)
    alone = ac.train(spec.but(method="adam", learning_rate=0.02))
    np.testing.assert_allclose(found["cost"][1], alone.history["cost"], rtol=1e-8)


def test_they_end_at_the_tolerance(make_run):
    found = analysis.methods(make_run(tolerance=0.3, tikhonov=0.1), 300)
    for row, ended in enumerate(found["ended"]):
        norm = found["gradient_norm"][row][np.isfinite(found["gradient_norm"][row])]
        assert ended == "converged" and norm[-1] <= 0.3 < norm[:-1].min() and len(norm) < 300


def test_no_descent_is_convergence_only_where_the_slope_is_negligible(monkeypatch):
    run = ac.train(ac.RunSpec(dataset="bimodal", particles=200, dtype="float64", tolerance=0.0, iterations=1))
    assert analysis.methods(run, 300)["ended"][2] == "converged"
    monkeypatch.setattr("autoencode_core.analysis.control.methods.NEGLIGIBLE", 0.0)
    assert analysis.methods(run, 300)["ended"][2] == "stalled"


def test_a_method_that_leaves_the_numbers_has_diverged(make_run):
    knobs = {"activation": "identity", "depth": 20, "horizon": 100.0, "dtype": "float32"}
    found = analysis.methods(make_run(method="adam", learning_rate=10.0, **knobs), 6)
    assert found["ended"][1] == "diverged" and np.isnan(found["cost"][1, -1])


def test_runs_that_cannot_answer(make_run, run):
    with pytest.raises(InputError, match="iterations"):
        analysis.methods(run, 0)
    with pytest.raises(InputError, match="diverge"):
        analysis.methods(make_run(float("nan")))


def test_it_can_be_ended(run, stopping):
    stop, after = stopping
    with pytest.raises(stop):
        analysis.methods(run, report=after(2))
