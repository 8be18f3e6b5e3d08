"""How far networks are from the exact flows of their own controls, and training that keeps to them."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from problems import FIELDS, RESIDUAL

import autoencode_core as ac
from autoencode_core import analysis
from autoencode_core.ode import verdict
from autoencode_core.training import group
from autoencode_core.training.fidelity import fidelity, rough_difference, spread
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.problem import Problem

# Trained as a residual network this one leaves its ODE.
LEAVES = {"dataset": "moons", "particles": 80, "depth": 4, "horizon": 4.0, "dtype": "float64"}
LEAVES |= {"field": "two_layer", "tikhonov": 1e-5, "iterations": 60, "tolerance": 0.0, "noise": 0.0}
HELD = ac.RunSpec(**{**LEAVES, **RESIDUAL, "fidelity": 0.02})


def beside(run, tikhonov=0.0):
    """The objective on a run's training particles with its own sub-steps, and its control (1, P)."""
    problem = Problem([run.spec])
    arch = problem.train.arch.by(problem.train.arch.scheme, run.model.architecture.substeps)
    return problem.train.part(torch.tensor([0]), arch), run.model.control.flatten()[None]


@pytest.fixture(scope="module")
def held():
    return ac.train(HELD)


@pytest.mark.parametrize(
    "knobs",
    [
        *({"field": field} for field in FIELDS),
        {"scheme": "rk4", "substeps": 2},
        {"scheme": "midpoint", "activation": "softplus"},
        {"scheme": "kutta", "activation": "arctan"},
        {"coordinates": "raw", "task": "denoise", "noise": 0.2},
        {"task": "classify", "bottleneck": 1},
        {"dataset": "bimodal", "task": "transport", "bottleneck": 1},
    ],
)
def test_it_is_what_an_adaptive_solver_says(knobs):
    small = {"dataset": "moons", "particles": 60, "depth": 6, "horizon": 2.0, "dtype": "float64"}
    run = ac.train(ac.RunSpec(**{**small, **RESIDUAL, "iterations": 5, "init_scale": 1.5, **knobs}))
    wanted = analysis.steps(run, (1, 2), methods=("euler",))
    for difference, settled in (
        (run.summary["ode_difference"], run.summary["ode_settled"]),
        fidelity(*beside(run))[::2],
    ):
        assert float(difference) == pytest.approx(wanted["relative"], rel=0.03, abs=1e-6) and settled
    error = fidelity(*beside(run)).error
    assert float(error) == pytest.approx(wanted["reference_error"], rel=1e-3)
    assert verdict(run.summary["ode_difference"]) == wanted["verdict"]
    assert wanted["relative"] < 1e-4 or float(rough_difference(*beside(run))) == pytest.approx(
        wanted["relative"], rel=0.5
    )


def test_the_exact_flows_test_error_is_that_of_the_model_refined(held):
    data = held.data.test
    flow = held.model.flow(data, "rk4", 256)
    exact = held.model.coordinates.to_data(flow.states[-1].numpy())
    error = np.square(exact - held.data.test_targets.numpy()).sum(1).mean()
    assert held.summary["ode_test_error"] == pytest.approx(error, rel=1e-3)


def test_spread_is_that_of_the_targets_and_of_one_particle_its_length():
    y = torch.randn(2, 3, 50, dtype=torch.float64)
    torch.testing.assert_close(spread(y), y.var(2, correction=0).sum(1).sqrt())
    torch.testing.assert_close(spread(y[:, :, :1]), y[:, :, 0].norm(dim=1))


def test_a_flow_that_cannot_be_known_is_told_as_such(monkeypatch):
    monkeypatch.setattr("autoencode_core.training.fidelity.MOST_SUBSTEPS", 128)
    problem = Problem(
        [ac.RunSpec(**{**LEAVES, **RESIDUAL, "activation": "softplus", "horizon": 100.0, "particles": 10})]
    )
    found = fidelity(problem.train, 50 * problem.theta)
    assert bool(found.difference.isinf().all()) and not bool(found.settled.any())
    assert bool(rough_difference(problem.train, 1e200 * problem.theta).isinf().all())
    run = ac.train(
        HELD.but(activation="softplus", init_scale=10.0, iterations=1, method="adam", horizon=100.0)
    )
    assert run.status == "diverged" or run.summary["ode_difference"] is None


def test_at_rest_there_is_no_difference():
    problem = Problem([ac.RunSpec(**{**LEAVES, **RESIDUAL})])
    found = fidelity(problem.train, 0 * problem.theta)
    assert float(found.difference) == 0 and bool(found.settled)
    assert float(rough_difference(problem.train, 0 * problem.theta)) == 0
    problem.train.y, problem.train.x = 0 * problem.train.y, 0 * problem.train.x
    assert float(fidelity(problem.train, 0 * problem.theta).difference) == 0
    assert float(rough_difference(problem.train, 0 * problem.theta)) == 0


def test_its_error_is_that_of_the_data_term_where_it_is_the_network():
    problem = Problem([ac.RunSpec(**{**LEAVES, **RESIDUAL})])
    found = fidelity(problem.train, 0 * problem.theta)
    assert float(found.error) == pytest.approx(float(problem.train.cost(0 * problem.theta).data_term))


# ---- training that keeps to it


def test_a_run_that_would_leave_its_ode_is_held(held):
    free = ac.train(HELD.but(fidelity=None))
    assert free.summary["ode_difference"] > 0.1 and set(free.history["substeps"]) == {1}
    assert "could not be held" not in free.message and free.model.architecture.substeps == 1
    substeps = held.history["substeps"]
    assert substeps[0] == 1 < substeps[-1] == held.summary["substeps"] == held.model.architecture.substeps
    assert all(after in (before, 2 * before) for before, after in pairwise(substeps))
    assert held.summary["ode_difference"] <= 0.02 and "could not be held" not in held.message
    assert analysis.steps(held, (1, 2), methods=("euler",))["verdict"] == "ode"
    assert held.summary["test_error"] == pytest.approx(held.history["test_error"][-1])
    made = held.model.reconstruct(held.data.test)
    error = float((made - held.data.test_targets).square().sum(1).mean())
    assert held.summary["test_error"] == pytest.approx(error, rel=1e-9)


def test_where_sub_steps_are_doubled_j_goes_on_from_the_same_control(held):
    """J changes there by no more than the defect, which a difference that small allows."""
    cost, substeps = np.array(held.history["cost"]), held.history["substeps"]
    places = [n for n in range(1, len(cost)) if substeps[n] > substeps[n - 1]]
    assert places
    size = float(spread(Problem([HELD]).train.y))
    for n in places:
        # |Δ√(data term)| is at most the distance of the two networks' outputs, here some looks' warning.
        roots = [held.history["data_term"][m] ** 0.5 for m in (n - 1, n)]
        assert roots[1] - roots[0] < 0.1 * size, n
    assert cost[-1] < 0.5 * cost[0]


def test_without_fidelity_sub_steps_stay_what_they_are():
    for substeps in (1, 3):
        run = ac.train(HELD.but(fidelity=None, substeps=substeps, iterations=25))
        assert set(run.history["substeps"]) == {substeps} and run.summary["substeps"] == substeps
        assert run.summary["ode_difference"] > 0


def test_one_that_keeps_to_its_ode_anyway_is_the_same_run_with_and_without():
    tame = HELD.but(scheme="rk4", tikhonov=0.1, iterations=25)
    with_it, without = ac.train(tame), ac.train(tame.but(fidelity=None))
    assert with_it.history["cost"] == without.history["cost"]
    assert torch.equal(with_it.model.control.flatten(), without.model.control.flatten())
    assert set(with_it.history["substeps"]) == {1} and with_it.message == without.message


def test_one_that_cannot_be_held_says_so(monkeypatch):
    monkeypatch.setattr(group, "MOST_SUBSTEPS", 2)
    run = ac.train(HELD.but(fidelity=1e-6, iterations=30))
    assert run.summary["substeps"] == 2 and run.summary["ode_difference"] > 1e-6
    assert "could not be held to its ODE with 2 sub-steps" in run.message and "10⁻⁶" in run.message


def test_a_stopped_run_is_left_at_its_sub_steps():
    run = ac.train(HELD.but(fidelity=1e-4), lambda p: "stop" if p.iteration == 3 else None)
    assert run.status == "stopped" and run.history["iteration"][-1] == 3


def test_at_the_last_iteration_the_control_is_told_of_at_the_sub_steps_that_hold_it():
    run = ac.train(HELD.but(iterations=3, init_scale=3.0, fidelity=0.001))
    assert run.summary["ode_difference"] <= 0.001 or "could not be held" in run.message
    error = float((run.model.reconstruct(run.data.train) - run.data.train_targets).square().sum(1).mean())
    assert run.history["train_error"][-1] == pytest.approx(error, rel=1e-9)
    assert run.history["substeps"][-1] == run.model.architecture.substeps


@pytest.mark.parametrize("method", ["lbfgs", "adam", "pmp"])
def test_regimes_refine_one_by_one_and_each_as_it_would_alone(method):
    base = HELD.but(method=method, iterations=25, scheme="euler")
    base = base.but(learning_rate=0.1) if method == "adam" else base
    specs = [base.but(tikhonov=weight, seed=seed) for weight, seed in ((1e-5, 0), (10.0, 0), (1e-4, 3))]
    runs = train_regimes(specs)
    assert len({tuple(run.history["substeps"]) for run in runs}) > 1
    assert (
        set(runs[1].history["substeps"]) == {1} or runs[1].summary["substeps"] < runs[0].summary["substeps"]
    )
    for together, spec in zip(runs, specs, strict=True):
        alone = ac.train(spec)
        assert together.history["substeps"] == alone.history["substeps"]
        assert together.status == alone.status and together.summary["substeps"] == alone.summary["substeps"]
        np.testing.assert_allclose(together.history["cost"], alone.history["cost"], rtol=1e-6)
        assert together.summary["ode_difference"] == pytest.approx(alone.summary["ode_difference"], rel=1e-4)


def test_a_continuation_holds_each_of_its_runs():
    runs = ac.continuation(HELD.but(iterations=30), [1e-3, 1e-5])
    assert all(run.summary["ode_difference"] <= 0.02 or "held" in run.message for run in runs)


def test_the_public_number_is_that_of_the_summary():
    run = ac.train(ac.RunSpec(dataset="moons", depth=6, particles=60, iterations=20, dtype="float64"))
    assert ac.analysis.ode_difference(run) == pytest.approx(run.summary["ode_difference"], rel=1e-6)
