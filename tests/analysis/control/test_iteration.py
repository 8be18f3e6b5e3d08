from dataclasses import replace

import numpy as np
import pytest
from problems import bimodal_best_constant

import autoencode_core as ac
from autoencode_core import analysis
from autoencode_core.analysis.control.along import hamiltonian
from autoencode_core.analysis.control.costates import costates
from autoencode_core.errors import InputError
from autoencode_core.training.objective import cost_and_gradient

SMALL = {"dataset": "moons", "particles": 60, "depth": 6, "horizon": 2.0, "dtype": "float64"}


@pytest.fixture(scope="module")
def shooting() -> ac.Run:
    """Ten iterations of pmp with the paper's metric, every control kept."""
    return ac.train(ac.RunSpec(**SMALL, method="pmp", metric="control", iterations=10))


def test_it_is_the_iteration_that_the_training_made(shooting):
    iterations = shooting.path[0].tolist()
    assert iterations[:4] == [0, 1, 2, 3]
    for j in (0, 2):
        found, history = analysis.iteration(shooting, j), shooting.history
        assert found["iteration"] == j and found["accepted"]
        assert found["cost"] == pytest.approx(history["cost"][j])
        assert found["gradient_norm"] == pytest.approx(history["gradient_norm"][j])
        assert found["trial_cost"][-1] == pytest.approx(history["cost"][j + 1])
        assert found["tau"][-1] == pytest.approx(history["step"][j + 1])
        moved = shooting.path[1][j + 1] - shooting.path[1][j]
        step = shooting.model.architecture.step
        assert found["move"][-1] == pytest.approx(np.sqrt(step * np.square(moved).sum()))
        after = costates(replace(shooting, model=shooting.model.with_control(shooting.path[1][j + 1])))
        for name in ("states", "costates", "dropped"):
            np.testing.assert_allclose(found[f"{name}_after"], after[name], atol=1e-9)
            assert np.abs(found[f"{name}_after"] - found[name]).max() > 1e-3


@pytest.mark.parametrize(("scheme", "substeps"), [("euler", 1), ("euler", 3), ("midpoint", 2), ("rk4", 2)])
def test_iteration_and_race_are_those_of_the_training_by_any_scheme(scheme, substeps):
    by = {"scheme": scheme, "substeps": substeps, "fidelity": None}
    run = ac.train(ac.RunSpec(**SMALL, **by, method="pmp", metric="control", iterations=3))
    found = analysis.iteration(run, 1)
    assert found["trial_cost"][-1] == pytest.approx(run.history["cost"][2])
    assert found["states"].shape[0] == run.spec.depth + 1
    start = replace(run, model=run.model.with_control(run.path[1][1]))
    np.testing.assert_allclose(found["hamiltonian"], hamiltonian(start)["hamiltonian"])
    np.testing.assert_allclose(analysis.methods(run, 3)["cost"][0], run.history["cost"], rtol=1e-8)


def test_where_fidelity_doubled_the_sub_steps_those_of_the_end_are_taken():
    spec = ac.RunSpec(**SMALL, scheme="euler", fidelity=1e-4, method="pmp", iterations=40)
    run = ac.train(spec)
    found, substeps = analysis.iteration(run, 0), run.model.architecture.substeps
    assert substeps > 1
    model = run.model.with_control(run.path[1][0])
    assert found["cost"] == pytest.approx(
        cost_and_gradient(model, run.data.source.train, run.spec.tikhonov)[0]
    )
    assert analysis.methods(run, 1)["cost"][0, 0] == pytest.approx(found["cost"])


def test_it_begins_at_the_trained_control_or_at_the_nearest_one_that_was_kept(shooting):
    assert analysis.iteration(shooting)["iteration"] == 10
    kept = [0, 4, 10]
    sparse = replace(shooting, path=(np.array(kept), shooting.path[1][kept]))
    for asked, nearest in ((1, 0), (3, 4), (6, 4), (8, 10), (99, 10)):
        found = analysis.iteration(sparse, asked)
        assert found["iteration"] == nearest
        assert found["cost"] == pytest.approx(shooting.history["cost"][nearest])


def test_whatever_the_run_was_trained_with_the_metric_is_the_papers(make_run):
    own = [{"method": "pmp", "metric": name, "learning_rate": 1.0} for name in ("control", "field")]
    found = [analysis.iteration(make_run(**knobs)) for knobs in (*own, {"method": "adam", "batch_size": 20})]
    for name in ("tau", "trial_cost", "trial_move"):
        for other in found[1:]:
            np.testing.assert_allclose(other[name], found[0][name])


def test_where_the_run_took_another_metric_it_says_so(make_run):
    note = analysis.iteration(make_run(method="pmp", metric="field"))["note"]
    assert "what they change of the field" in note
    for knobs in ({"method": "pmp", "metric": "control", "inner_steps": 3}, {"method": "lbfgs"}):
        found = analysis.iteration(make_run(**knobs))
        assert not found["note"] and found["inner_steps"] == knobs.get("inner_steps", 1)


def test_its_phases_hold_together(shooting):
    found = analysis.iteration(shooting, 0)
    count, depth = len(found["tau"]), shooting.spec.depth
    np.testing.assert_allclose(found["tau"], found["tau"][0] * 0.5 ** np.arange(count))
    assert (found["trial_cost"][:-1] > found["bound"][:-1]).all()
    assert found["trial_cost"][-1] <= found["bound"][-1]
    assert found["bound"] == pytest.approx(found["cost"] - 0.25 / found["tau"] * found["move"] ** 2)
    assert found["trial_hamiltonian"].shape == found["trial_move"].shape == (count, depth)
    start = shooting.model.with_control(shooting.path[1][0])
    other = ac.Run(shooting.spec, start, {}, "finished", "", {}, shooting.probe, loaded=shooting.data)
    np.testing.assert_allclose(found["hamiltonian"], hamiltonian(other)["hamiltonian"])
    np.testing.assert_array_equal(found["costates"], costates(other)["costates"])
    assert found["states_after"].shape == found["states"].shape
    assert np.abs(found["states_after"][-1] - found["states"][-1]).max() > 0


def test_a_short_proximal_step_raises_every_hamiltonian_by_at_least_its_price(make_run):
    found = analysis.iteration(make_run(method="pmp", metric="control", learning_rate=1e-3))
    price = found["trial_move"] ** 2 / (2 * found["tau"][:, None])
    np.testing.assert_allclose(found["augmented"], found["trial_hamiltonian"] - price)
    assert (found["augmented"][0] > found["hamiltonian"]).all() and (price > 0).all()


def test_a_halving_shows_its_trials(make_run):
    """A first τ far too long: trials are refused until one is short enough."""
    run = make_run(method="pmp", metric="control", learning_rate=100.0)
    found = analysis.iteration(run)
    assert len(found["tau"]) > 1 and found["accepted"]
    assert found["next_tau"] == pytest.approx(1.3 * found["tau"][-1])
    trial = found["trial_cost"]
    assert (trial[:-1] > found["bound"][:-1]).all() and trial[-1] < found["cost"]
    cost = cost_and_gradient(run.model, run.data.source.train, run.spec.tikhonov)[0]
    assert found["cost"] == pytest.approx(cost)


@pytest.mark.parametrize(
    "knobs", [{"task": "classify", "bottleneck": 1}, {"method": "adam"}, {"tikhonov": 0}]
)
def test_of_runs_of_every_kind(make_run, knobs):
    found = analysis.iteration(make_run(**knobs))
    assert found["accepted"] and found["trial_cost"][-1] < found["cost"]


def test_runs_that_cannot_answer(make_run, run):
    with pytest.raises(InputError, match="kept no controls"):
        analysis.iteration(run, 3)
    with pytest.raises(InputError, match="whole number"):
        analysis.iteration(run, -1)
    with pytest.raises(InputError, match="diverge"):
        analysis.iteration(make_run(float("nan")))
    with pytest.raises(InputError, match="iterations"):
        analysis.methods(run, 0)
    with pytest.raises(InputError, match="diverge"):
        analysis.methods(make_run(float("nan")))


def test_the_race_runs_each_method_as_its_training_would(shooting):
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
    spec = ac.RunSpec(dataset="bimodal", tikhonov=0.1, dtype="float64", method="lbfgs", tolerance=1e-8)
    run = ac.train(spec)
    found = analysis.methods(run, 300)
    assert found["ended"][0] == found["ended"][2] == "converged"
    best, _ = bimodal_best_constant(0.1, run.data.train.numpy(), run.data.train_targets.numpy())
    for row in (0, 2):
        cost = found["cost"][row][np.isfinite(found["cost"][row])]
        assert len(cost) < 300 and cost[-1] <= best + 1e-6
        assert (np.diff(cost) <= 0).all()


def test_the_race_starts_where_the_training_did(shooting):
    other = replace(shooting, path=(np.zeros(1, int), 0.5 * shooting.path[1][-1:]))
    found = analysis.methods(other, 1)
    model, train = shooting.model.with_control(other.path[1][0]), shooting.data.source.train
    assert found["cost"][:, 0] == pytest.approx(cost_and_gradient(model, train, shooting.spec.tikhonov)[0])


def test_a_method_that_is_not_the_runs_has_its_own_first_step():
    spec = ac.RunSpec(**SMALL, method="pmp", metric="control", learning_rate=0.01, iterations=3)
    found = analysis.methods(ac.train(spec), 3)
    alone = ac.train(spec.but(method="adam", learning_rate=0.02))
    np.testing.assert_allclose(found["cost"][1], alone.history["cost"], rtol=1e-8)


def test_a_race_ends_at_the_tolerance(make_run):
    found = analysis.methods(make_run(tolerance=0.3, tikhonov=0.1), 300)
    for row, ended in enumerate(found["ended"]):
        norm = found["gradient_norm"][row][np.isfinite(found["gradient_norm"][row])]
        assert ended == "converged" and norm[-1] <= 0.3 < norm[:-1].min() and len(norm) < 300


def test_no_descent_is_convergence_only_where_the_slope_is_negligible(monkeypatch):
    run = ac.train(ac.RunSpec(dataset="bimodal", dtype="float64", tolerance=0.0, iterations=1))
    assert analysis.methods(run, 300)["ended"][2] == "converged"
    monkeypatch.setattr("autoencode_core.analysis.control.methods.NEGLIGIBLE", 0.0)
    assert analysis.methods(run, 300)["ended"][2] == "stalled"


def test_a_method_that_leaves_the_numbers_has_diverged(make_run):
    knobs = {"activation": "identity", "depth": 20, "horizon": 100.0, "dtype": "float32"}
    found = analysis.methods(make_run(method="adam", learning_rate=10.0, **knobs), 6)
    assert found["ended"][1] == "diverged" and np.isnan(found["cost"][1, -1])


def test_it_can_be_ended(run, stopping):
    stop, after = stopping
    for ask in (analysis.methods, lambda run, report: analysis.iteration(run, report=report)):
        with pytest.raises(stop):
            ask(run, report=after(2))
