from itertools import groupby, pairwise

import numpy as np
import pytest
import torch
from problems import RESIDUAL, bimodal_best_constant

import autoencode_core as ac
from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.training import group
from autoencode_core.training.adam import AdamSettings, one_cycle
from autoencode_core.training.lbfgs import LbfgsSettings, PairMemory
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.methods import METHODS, settings_of
from autoencode_core.training.objective import Objective, cost_and_gradient
from autoencode_core.training.pmp import PmpSettings

QUICK = {"dataset": "moons", "depth": 8, "particles": 100, "iterations": 40, **RESIDUAL}
EVERY_WAY = [*({"method": method} for method in METHODS), {"method": "pmp", "metric": "control"}]


@pytest.mark.parametrize("inner_steps", [1, 3])
@pytest.mark.parametrize("field", ["single_layer", "two_layer"])
@pytest.mark.parametrize("tikhonov", [0.0, 1e-3, 1.0])
@pytest.mark.parametrize("metric", ["field", "control"])
def test_pmp_never_raises_the_cost(inner_steps, field, tikhonov, metric):
    knobs = {"field": field, "tikhonov": tikhonov, "inner_steps": inner_steps, "metric": metric}
    spec = ac.RunSpec(**{**QUICK, "scheme": "rk4" if inner_steps > 1 else "euler"}, method="pmp", **knobs)
    cost = ac.train(spec).history["cost"]
    assert all(b <= a for a, b in pairwise(cost))
    assert cost[-1] < cost[0]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_beats_pca_on_moons(method):
    """Also as a discretised ODE: what is told is the error of the exact flow."""
    small = {"particles": 150, "depth": 8, "iterations": 150}
    run = ac.train(ac.RunSpec(dataset="moons", method=method, **small))
    assert run.summary["ode_difference"] <= 0.02
    assert run.summary["ode_test_error"] < 0.6 * run.summary["pca_test_error"]
    assert run.summary["test_error"] < 0.6 * run.summary["pca_test_error"]


@pytest.mark.parametrize("knobs", EVERY_WAY)
@pytest.mark.parametrize("tikhonov", [0.001, 0.1, 1.0])
def test_bimodal_does_at_least_as_well_as_the_best_constant_control(knobs, tikhonov):
    rate = {"learning_rate": 0.2} if knobs["method"] == "adam" else {}
    spec = ac.RunSpec(
        dataset="bimodal", tikhonov=tikhonov, dtype="float64", iterations=600, tolerance=1e-9, **knobs, **rate
    )
    run = ac.train(spec)
    best, _ = bimodal_best_constant(tikhonov, run.data.train.numpy(), run.data.train_targets.numpy())
    assert run.history["cost"][-1] <= best + 1e-6


@pytest.mark.parametrize(
    "change", [{"tikhonov": 0.5}, {"method": "pmp"}, {"method": "adam"}, {"iterations": 7}]
)
def test_initial_control_depends_on_none_of_these(change):
    def first(**knobs):
        seen = []
        ac.train(
            ac.RunSpec(**{**QUICK, "method": "lbfgs", **knobs}), lambda p: seen.append(p.data_term) or "stop"
        )
        return seen[0]

    assert first() == first(**change)
    assert first() != first(seed=1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scheme", ["euler", "rk4"])
def test_same_spec_gives_the_same_bits(method, scheme):
    spec = ac.RunSpec(**{**QUICK, "iterations": 15, "scheme": scheme, "fidelity": 0.02}, method=method)
    one, two = ac.train(spec), ac.train(spec)
    assert torch.equal(one.model.control.flatten(), two.model.control.flatten())
    assert one.history["cost"] == two.history["cost"]
    assert one.history["test_error"] == two.history["test_error"]


def test_large_weight_gives_pca():
    run = ac.train(ac.RunSpec(dataset="s_curve", tikhonov=10.0, iterations=100))
    assert run.model.control.norm() < 1e-3
    assert run.summary["test_error"] == pytest.approx(run.summary["pca_test_error"], rel=1e-4)


@pytest.mark.parametrize("knobs", EVERY_WAY)
@pytest.mark.parametrize("scheme", ["euler", "rk4"])
def test_regimes_as_one_batch_equal_regimes_alone(knobs, scheme):
    base = ac.RunSpec(**{**QUICK, "iterations": 12, "scheme": scheme}, **knobs, dtype="float64")
    specs = [base.but(tikhonov=w, seed=s) for w, s in ((0.0, 0), (0.01, 0), (0.1, 3))]
    for batched, spec in zip(train_regimes(specs), specs, strict=True):
        alone = ac.train(spec)
        assert batched.spec == spec
        np.testing.assert_allclose(batched.history["cost"], alone.history["cost"], rtol=1e-6)
        assert batched.summary["test_error"] == pytest.approx(alone.summary["test_error"], rel=1e-5)


def test_regimes_end_one_by_one_and_leave_the_others():
    """One is stopped by hand, one converges, one goes on: each as it would alone."""
    base = ac.RunSpec(**{**QUICK, "iterations": 60}, method="pmp", dtype="float64", tolerance=1e-3)
    specs = [base.but(tikhonov=w) for w in (1e-4, 50.0, 1e-2)]

    def stop_first(progress):
        return "stop" if progress.regime == 0 and progress.iteration == 7 else None

    runs = train_regimes(specs, stop_first)
    alone = [
        ac.train(specs[0], lambda p: "stop" if p.iteration == 7 else None),
        *(ac.train(spec) for spec in specs[1:]),
    ]
    assert [run.status for run in runs] == ["stopped", "converged", "finished"]
    for run, single in zip(runs, alone, strict=True):
        assert run.status == single.status and len(run.history["cost"]) == len(single.history["cost"])
        np.testing.assert_allclose(run.history["cost"], single.history["cost"], rtol=1e-9)


def test_a_regime_that_diverges_leaves_the_others():
    base = ac.RunSpec(
        **{**QUICK, "iterations": 6}, method="adam", activation="relu", horizon=100.0, init_scale=2.0
    )
    specs = [base.but(seed=s) for s in (0, 5)]
    runs, alone = train_regimes(specs), [ac.train(spec) for spec in specs]
    assert [run.status for run in runs] == ["diverged", "finished"]
    for run, single in zip(runs, alone, strict=True):
        assert run.status == single.status
        finite = np.isfinite(single.history["cost"])
        np.testing.assert_allclose(
            np.array(run.history["cost"])[finite], np.array(single.history["cost"])[finite], rtol=1e-2
        )


def test_regimes_that_differ_in_more_are_refused():
    base = ac.RunSpec(**QUICK)
    with pytest.raises(ac.InputError, match="activation"):
        train_regimes([base, base.but(activation="relu")])
    with pytest.raises(ac.InputError, match="at least one"):
        train_regimes([])


def test_divergence_is_an_outcome_with_a_cause():
    base = ac.RunSpec(
        **QUICK, method="adam", activation="relu", learning_rate=100.0, horizon=100.0, dtype="float32"
    )
    calm = base.but(learning_rate=1e-3, horizon=1.0)
    wild = ac.train(base.but(iterations=200))
    assert wild.status == "diverged"
    assert "layer" in wild.message and "first step" in wild.message
    assert bool(wild.model.control.flatten().isfinite().all())
    assert ac.train(calm).status == "finished"


def test_one_cycle_rises_and_falls():
    rates = [one_cycle(p, 1.0) for p in np.linspace(0, 1, 101)]
    assert max(rates) == pytest.approx(1.0, abs=1e-3)
    assert rates[0] == pytest.approx(1 / 25) and rates[-1] == pytest.approx(1e-4)
    assert np.argmax(rates) == 30


def test_pair_memory_is_bfgs():
    """The compact form against the textbook update of the dense inverse Hessian, ring overrun included."""
    torch.manual_seed(0)
    size, most = 6, 4
    memory = PairMemory(torch.zeros(1, size, dtype=torch.float64), most)
    hessian = torch.randn(size, size, dtype=torch.float64)
    hessian = hessian @ hessian.T + torch.eye(size, dtype=torch.float64)
    pairs = []
    for _ in range(7):
        s = torch.randn(size, dtype=torch.float64)
        pairs = [*pairs, (s, hessian @ s)][-most:]
        assert memory.remember(s[None], (hessian @ s)[None], torch.tensor([True])).all()
    s, y = pairs[-1]
    H = torch.eye(size, dtype=torch.float64) * (s @ y) / (y @ y)
    for s, y in pairs:
        V = torch.eye(size, dtype=torch.float64) - torch.outer(s, y) / (s @ y)
        H = V @ H @ V.T + torch.outer(s, s) / (s @ y)
    g = torch.randn(size, dtype=torch.float64)
    torch.testing.assert_close(memory.direction(g[None])[0], -H @ g, rtol=1e-9, atol=1e-10)
    memory.forget(torch.tensor([True]))
    torch.testing.assert_close(memory.direction(g[None])[0], -g)


def test_batches_of_adam_see_every_particle_once_a_pass(monkeypatch):
    """One iteration is a step by one batch, the first of them that of the start."""
    seen, whole = [], Objective.batch

    def noted(self, indices):
        if self.particles == QUICK["particles"]:
            seen.append(indices)
        return whole(self, indices)

    monkeypatch.setattr(Objective, "batch", noted)
    ac.train(ac.RunSpec(**{**QUICK, "iterations": 7}, method="adam", batch_size=33))
    seen = seen[1:]  # the first look is at the flow at rest
    assert len(seen) == 8
    for first in (0, 4):
        assert [part.shape[1] for part in seen[first : first + 4]] == [33, 33, 33, 1]
        assert sorted(torch.cat(seen[first : first + 4], 1)[0].tolist()) == list(range(100))


def test_a_run_by_batches_tells_of_all_particles_at_its_end():
    spec = ac.RunSpec(**{**QUICK, "iterations": 30}, method="adam", batch_size=20, learning_rate=0.01)
    run = ac.train(spec)
    x, last = run.data.train, {key: column[-1] for key, column in run.history.items()}
    cost, _ = cost_and_gradient(run.model, x, spec.tikhonov)
    assert last["cost"] == pytest.approx(cost, rel=1e-5)
    for part, points in (("train_error", x), ("test_error", run.data.test)):
        error = float((run.model.reconstruct(points) - points).square().sum(1).mean())
        assert last[part] == pytest.approx(error, rel=1e-5) == run.summary[part]
    # On the way cost and gradient are those of the next batch, and the test error is looked at now and then.
    assert len(set(run.history["cost"])) == 31
    looks = [error for error, _ in groupby(run.history["test_error"][:-1])]
    assert len(looks) == 6 and "last batch" in run.message


def test_of_many_test_particles_a_part_is_looked_at_on_the_way(monkeypatch):
    monkeypatch.setattr(group, "FEW", 7)
    spec = ac.RunSpec(**{**QUICK, "iterations": 1}, method="adam", batch_size=50)
    run = ac.train(spec)
    first = ac.train(spec, lambda progress: "stop").model
    start = AutoencODE(spec, first.control.vector, first.coordinates, first.order)
    points = run.data.test[::4]
    error = float((start.reconstruct(points) - points).square().sum(1).mean())
    assert len(points) == 7 and run.history["test_error"][0] == pytest.approx(error, rel=1e-5)


def test_regimes_with_batches_equal_regimes_alone():
    base = ac.RunSpec(**{**QUICK, "iterations": 8}, method="adam", batch_size=30, dtype="float64")
    specs = [base.but(seed=s) for s in range(3)]
    for batched, spec in zip(train_regimes(specs), specs, strict=True):
        np.testing.assert_allclose(batched.history["cost"], ac.train(spec).history["cost"], rtol=1e-9)


def test_pairs_count_whatever_the_units():
    """A quadratic in tiny units: its curvature 1e12 is no reason to forget a pair."""
    memory = PairMemory(torch.zeros(1, 3, dtype=torch.float64), 3)
    move = 1e-6 * torch.ones(1, 3, dtype=torch.float64)
    assert memory.remember(move, 1e12 * move, torch.tensor([True])).all()


def test_pmp_gets_away_from_a_start_with_a_huge_slope():
    spec = ac.RunSpec(
        **QUICK, method="pmp", activation="relu", field="single_layer", horizon=100.0, dtype="float64"
    )
    cost = ac.train(spec).history["cost"]
    assert len(cost) > 5 and cost[-1] < 0.5 * cost[0]


def test_settings_are_those_of_the_spec_and_another_method_has_its_own_first_step():
    spec = ac.RunSpec(method="adam", learning_rate=0.5, iterations=7, batch_size=10, seed=3)
    assert settings_of(spec) == AdamSettings(iterations=7, peak=0.5, batch_size=10, seeds=(3,))
    assert settings_of(spec, seeds=[1, 2]).seeds == (1, 2)
    assert settings_of(spec, "lbfgs") == LbfgsSettings() and settings_of(spec, "pmp") == PmpSettings()
    pmp = ac.RunSpec(method="pmp", learning_rate=2.0, inner_steps=3, metric="control")
    assert settings_of(pmp) == PmpSettings(first_step=2.0, inner_steps=3, metric="control")
    assert settings_of(pmp, "adam", iterations=5) == AdamSettings(iterations=5, seeds=(pmp.seed,))
