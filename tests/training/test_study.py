import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from autoencode_core.errors import InputError
from autoencode_core.figures.regimes.continuation import continuation_words, metastable
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Plan
from autoencode_core.training import study_work
from autoencode_core.training.objective import cost_and_gradient
from autoencode_core.training.selection import train
from autoencode_core.training.study import make_study

# About the smallest with several minimisers at a low λ, one at a high one, and a jump between them.
SPEC = RunSpec(
    dataset="s_curve",
    field="single_layer",
    depth=8,
    horizon=4.0,
    particles=60,
    iterations=60,
    tolerance=1e-4,
    data_seed=0,
    dtype="float64",
)


@pytest.fixture(scope="module")
def strip():
    return make_study(Plan(kind="strip", spec=SPEC, tikhonov=(0.1, 0.003), seeds=(0, 1, 2)))


@pytest.fixture(scope="module")
def branches():
    plan = Plan(kind="continuation", spec=SPEC, tikhonov=(0.003, 0.01, 0.1), seeds=(0, 1))
    return make_study(plan)


def test_a_strip_is_its_single_runs(strip):
    study, runs = strip
    assert [(o.tikhonov, o.seed) for o in study.outcomes] == [(w, s) for w in (0.003, 0.1) for s in (0, 1, 2)]
    assert runs[1].spec == study.spec.but(tikhonov=0.003, seed=1)
    alone = train(runs[1].spec)
    assert runs[1].history["cost"][:100] == pytest.approx(alone.history["cost"][:100], rel=1e-6)
    assert study.outcomes[1].cost == runs[1].history["cost"][-1]
    assert study.outcomes[1].square == pytest.approx(runs[1].model.control.norm() ** 2, rel=1e-9)


def test_at_a_high_weight_all_seeds_agree_and_at_a_low_one_they_do_not(strip):
    study, _ = strip
    assert study.minimisers(0.1) == 1
    assert study.minimisers(0.003) > 1
    assert study.best(0.003) == min(study.at(0.003), key=lambda i: study.outcomes[i].cost)


def test_runs_are_trained_on_until_they_have_converged(strip):
    """As scipy sees it too: from where a run ended nothing is left to gain."""
    study, runs = strip
    assert study.spec.iterations == 10 * SPEC.iterations
    assert {o.status for o in study.outcomes} == {"converged"}
    assert max(o.iterations for o in study.outcomes) > SPEC.iterations
    run = runs[1]

    def fun(vector):
        model = run.model.with_control(torch.as_tensor(vector))
        value, gradient = cost_and_gradient(model, run.data.train, run.spec.tikhonov)
        return value, gradient.flatten().numpy() * run.spec.horizon / run.spec.depth

    start = run.model.control.flatten().numpy()
    found = minimize(fun, start, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    assert found.fun > study.outcomes[1].cost * (1 - 1e-5)
    short, _ = make_study(Plan(kind="strip", spec=SPEC, tikhonov=(0.003,), seeds=(0, 1), further=0))
    assert [(o.status, o.minimiser) for o in short.outcomes] == [("finished", None)] * 2
    assert short.minimisers(0.003) == 0


def test_the_level_of_no_control_is_pca(strip):
    study, runs = strip
    train_level, test_level = study.zero
    assert train_level == pytest.approx(runs[0].summary["pca_train_error"], rel=1e-4)
    assert test_level == pytest.approx(runs[0].summary["pca_test_error"], rel=1e-4)


def test_the_test_term_is_the_data_term_on_test_particles(strip):
    study, runs = strip
    by_hand, _ = cost_and_gradient(runs[2].model, runs[2].data.test, 0.0)
    assert study.outcomes[2].test_term == pytest.approx(by_hand, rel=1e-5)


def test_both_branches_and_the_jump_between_them(branches):
    study, runs = branches
    down, up = ([o for o in study.outcomes if o.branch == name] for name in ("down", "up"))
    assert [o.tikhonov for o in down] == [0.1, 0.01, 0.003]
    assert [o.tikhonov for o in up] == [0.003, 0.01, 0.1]
    assert len(runs) == 6 and all(o.converged for o in study.outcomes)
    assert down[-1].cost > 1.5 * up[0].cost
    assert not any(o.jump for o in down)
    assert up[-1].jump, "from the good minimum to PCA there is no way back"
    assert down[0].moved is None and all(o.moved < 1e-4 for o in down[1:])
    # The two branches are two minimisers wherever they are apart.
    assert study.minimisers(0.003) == 2 and study.minimisers(0.1) == 1


def test_runs_that_have_not_arrived_do_not_jump():
    """After few iterations going back leads elsewhere: each run goes on towards its minimiser."""
    spec = SPEC.but(iterations=30)
    plan = Plan(kind="continuation", spec=spec, tikhonov=(0.001, 0.003), seeds=(0, 2), further=0)
    up = [o for o in make_study(plan)[0].outcomes if o.branch == "up"]
    assert up[1].moved > 1e-3 and not up[1].jump and not up[1].converged


def test_a_few_iterations_make_nothing_metastable():
    """Above the level of θ = 0 there is no state here at λ = 0.05: only runs that have not come down yet."""
    spec = SPEC.but(iterations=10)
    plan = Plan(kind="continuation", spec=spec, tikhonov=(0.016, 0.05), seeds=(2,), further=0)
    study, _ = make_study(plan)
    assert any(o.branch == "up" and o.cost > 1.001 * study.zero[0] for o in study.outcomes)
    assert metastable(study) == [] and "metastable" not in continuation_words(study)


def test_a_start_of_another_data_term_is_refused_before_anything_is_trained():
    start = train(SPEC.but(iterations=1, horizon=6.0))
    plan = Plan(kind="continuation", spec=SPEC.but(iterations=1), tikhonov=(0.001, 0.002), seeds=(5,))
    with pytest.raises(InputError, match="start"):
        make_study(plan, lambda progress: pytest.fail("it was trained"), start)


def test_after_a_stop_no_further_batch_of_a_strip_begins(monkeypatch):
    monkeypatch.setattr(study_work, "batches", lambda specs: [specs[:2], specs[2:4], specs[4:]])
    plan = Plan(
        kind="strip", spec=SPEC.but(iterations=8), tikhonov=(0.001, 0.01, 0.1), seeds=(0, 1), further=0
    )
    seen = []
    study, runs = make_study(plan, lambda progress: seen.append(progress.regime))
    assert set(seen) == set(range(6)) and len(runs) == 6
    study, runs = make_study(
        plan, lambda progress: "stop" if (progress.regime, progress.iteration) == (3, 4) else None
    )
    assert [o.status for o in study.outcomes] == ["finished"] * 3 + ["stopped"]
    assert [(run.spec.tikhonov, run.spec.seed) for run in runs] == [
        (0.001, 0),
        (0.001, 1),
        (0.01, 0),
        (0.01, 1),
    ]


def test_a_given_start_begins_the_upward_branch():
    start = train(SPEC.but(tikhonov=0.001, iterations=20))
    plan = Plan(
        kind="continuation", spec=SPEC.but(iterations=1), tikhonov=(0.001, 0.002), seeds=(5,), further=0
    )
    _, runs = make_study(plan, start=start)
    assert runs[2].history["cost"][0] == pytest.approx(start.history["cost"][-1], rel=1e-5)


@pytest.mark.parametrize("kind", ["strip", "continuation"])
def test_progress_comes_by_place_and_stop_ends_all(kind):
    plan = Plan(kind=kind, spec=SPEC.but(iterations=8), tikhonov=(0.001, 0.01, 0.1), seeds=(0, 1), further=0)
    places = plan.settings()
    seen = set()

    def told(progress):
        seen.add(progress.regime)
        return None

    study, _ = make_study(plan, told)
    assert seen == set(range(len(places)))
    assert [(o.tikhonov, o.branch) for o in study.outcomes] == [(p.tikhonov, p.branch) for p in places]
    study, runs = make_study(plan, lambda progress: "stop" if progress.iteration == 2 else None)
    assert all(run.status == "stopped" for run in runs)
    assert len(runs) == (6 if kind == "strip" else 1)


@pytest.fixture(scope="module")
def euler():
    """At a low λ the layers leave their ODE, at a high one nothing moves."""
    spec = SPEC.but(scheme="euler", fidelity=None, iterations=150)
    return make_study(Plan(kind="strip", spec=spec, tikhonov=(1e-4, 0.1), seeds=(0, 1), further=0))


def exact_flow(run, points):
    """Outputs (d, n) of the exact flow of a run's control, by scipy; in flow coordinates."""
    arch, x = run.model.architecture, run.model.to_engine(points)[0].numpy()
    for count, (weight, bias) in zip(arch.counts, run.model.control.layers, strict=True):
        W, b = weight.numpy(), bias.numpy().reshape(-1, 1)
        x = np.vstack([x[:count], np.zeros((max(0, count - len(x)), x.shape[1]))])

        def velocity(t, flat, W=W, b=b, shape=x.shape):
            return np.tanh(W @ flat.reshape(shape) + b).ravel()

        found = solve_ivp(velocity, (0, arch.step), x.ravel(), rtol=1e-8, atol=1e-10)
        x = found.y[:, -1].reshape(x.shape)
    return x


def rms(away):
    return float(np.sqrt(np.square(away).sum(0).mean()))


def test_outcomes_tell_how_far_the_networks_are_from_their_odes(euler):
    study, runs = euler
    assert [o.verdict for o in study.outcomes] == ["not", "not", "ode", "ode"]
    run, outcome = runs[0], study.outcomes[0]
    exact, targets = (exact_flow(run, run.data.train), run.model.to_engine(run.data.train)[0].numpy())
    network = run.model.to_engine(run.model.reconstruct(run.data.train))[0].numpy()
    spread = rms(targets - targets.mean(1, keepdims=True))
    assert outcome.ode_difference == pytest.approx(rms(network - exact) / spread, rel=1e-3)
    tested = run.model.to_engine(run.data.test)[0].numpy()
    assert outcome.ode_test_error == pytest.approx(
        rms(exact_flow(run, run.data.test) - tested) ** 2, rel=1e-3
    )
    assert [o.substeps for o in study.outcomes] == [1] * 4


def test_each_run_has_its_own_sub_steps_and_its_test_term_by_them():
    """Fidelity refines the run that leaves its ODE and not the one that stays at rest."""
    spec = SPEC.but(scheme="euler", iterations=60)
    study, runs = make_study(Plan(kind="strip", spec=spec, tikhonov=(0.001, 0.1), seeds=(0,), further=0))
    assert study.outcomes[0].substeps > study.outcomes[1].substeps
    for run, outcome in zip(runs, study.outcomes, strict=True):
        assert outcome.substeps == run.model.architecture.substeps == run.summary["substeps"]
        by_hand, _ = cost_and_gradient(run.model, run.data.test, 0.0)
        assert outcome.test_term == pytest.approx(by_hand, rel=1e-9)


def test_of_a_run_that_diverged_no_difference_is_known():
    wild = SPEC.but(init_scale=10.0, horizon=100.0, activation="relu", method="adam", learning_rate=100.0)
    study, _ = make_study(Plan(kind="strip", spec=wild.but(iterations=5), tikhonov=(0.1,), seeds=(0,)))
    (outcome,) = study.outcomes
    assert outcome.status == "diverged" and outcome.ode_difference is None and outcome.verdict is None
