"""Every question about a run of the tests' own field, nonlinearity and scheme: right, or refused in words."""

from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
import torch
from problems import RESIDUAL, plain_velocity, problem

import autoencode_core as ac
from autoencode_core.errors import InputError
from autoencode_core.questions import QUESTIONS
from autoencode_core.store.study import Plan
from autoencode_core.training.objective import Objective
from autoencode_core.training.records import record_of
from autoencode_core.training.study import make_study

OWN = {"field": "leaky", "activation": "arctan", "scheme": "kutta", "substeps": 2, "fidelity": None}
SMALL = {
    "dataset": "moons",
    "particles": 40,
    "depth": 4,
    "horizon": 2.0,
    "dtype": "float64",
    "iterations": 12,
}
METHODS = {
    "lbfgs": {"method": "lbfgs"},
    "adam": {"method": "adam"},
    "adam in batches": {"method": "adam", "batch_size": 15},
    "pmp, field": {"method": "pmp"},
    "pmp, control": {"method": "pmp", "metric": "control", "learning_rate": 0.3},
    "pmp, inner steps": {"method": "pmp", "inner_steps": 3},
}


@pytest.fixture(scope="module")
def trained(own):
    """A run of the tests' own field."""
    return ac.train(ac.RunSpec(**SMALL, **OWN))


# ---- training


@pytest.mark.parametrize("knobs", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_method_trains_it(knobs, dtype):
    run = ac.train(ac.RunSpec(**{**SMALL, **OWN, **knobs, "dtype": dtype}))
    cost = run.history["cost"]
    assert run.status in ("finished", "converged") and min(cost) < cost[0]
    if knobs["method"] == "pmp":
        assert all(after <= before for before, after in pairwise(cost))
    assert run.summary["ode_difference"] >= 0


def test_it_is_held_to_its_ode():
    run = ac.train(ac.RunSpec(**{**SMALL, **OWN, "scheme": "euler", "substeps": 1, "fidelity": 0.005}))
    assert run.summary["ode_difference"] <= 0.005 and run.history["substeps"][-1] > 1


def test_a_sweep_is_its_single_runs_and_a_continuation_goes_on():
    spec = ac.RunSpec(**SMALL, **OWN)
    for run in ac.sweep(spec, tikhonov=[1e-3, 0.1], seeds=[0, 1]):
        alone = ac.train(run.spec)
        np.testing.assert_allclose(run.history["cost"], alone.history["cost"], rtol=1e-6)
    first, second = ac.continuation(spec, [0.1, 1e-3])
    assert second.history["data_term"][0] == pytest.approx(first.history["data_term"][-1])
    plan = Plan(kind="strip", spec=spec, tikhonov=(1e-3, 0.1), seeds=(0,), further=0)
    assert [outcome.tikhonov for outcome in make_study(plan)[0].outcomes] == [1e-3, 0.1]


def test_it_comes_back_from_the_store(trained, tmp_path):
    store = ac.RunStore(tmp_path)
    back = store.load(store.save(trained))
    assert back.spec == trained.spec and back.model.architecture == trained.model.architecture
    x = trained.data.test
    assert torch.equal(back.model.reconstruct(x), trained.model.reconstruct(x))


# ---- questions


def asked(trained):
    """Arguments for each question; those that it needs."""
    size = len(trained.model.control)
    axis = np.linspace(-1.0, 1.0, 5)
    codes = np.asarray(trained.probe["snapshot_codes"][-1], float)
    return {
        "law": (np.zeros(2), np.eye(2), [[-3, 3], [-3, 3]], 16),
        "field_grid": (axis, axis),
        "decode": (np.linspace(-1, 1, 4)[:, None],),
        "walk": (codes[:1], codes[1:2], 4),
        "new_rows": (np.zeros((3, 2)),),
        "embedding": (codes,),
        "flat_direction": (np.ones(size), 0.1, 3),
        "landscape_line": (np.zeros(size), 5),
        "landscape_plane": ("steepest", None, 5),
        "curvature_path": (3,),
        "curvature_depths": (1,),
        "maximality_path": (2,),
        "particles": ([10, 20], (0,), 1, 3),
        "methods": (3,),
        "depth": (1, 3),
    }


ELSEWHERE = {"export", "figure", "component", "component_horizons", "decoded_grid"}
"""Asked of records, of no run, of other data, or of two code components."""
REFUSED = {"maximality", "maximality_path"}
"""What only a sum over hidden units has."""


@pytest.mark.parametrize("name", sorted(set(QUESTIONS) - ELSEWHERE))
def test_every_question_is_answered_or_refused_in_a_sentence(trained, name):
    run = [trained] if QUESTIONS[name].wants == "runs" else trained
    question = resolved(QUESTIONS[name].home)
    try:
        found = question(run, *asked(trained).get(name, ()))
    except InputError as refused:
        assert name in REFUSED and "not available for this field" in str(refused)
        return
    for values in found.values() if isinstance(found, dict) else [found]:
        assert values is not None


def resolved(home: str):
    """The function at a place such as package.module:name."""
    module, name = home.split(":")
    return getattr(import_module(module), name)


def test_speeds_and_refinement_are_those_of_the_field(trained):
    model = trained.model
    states = model.flow(trained.probe["inputs"]).states[2].numpy()
    found = ac.analysis.velocity(trained, states, 1)
    active = model.order[: model.architecture.counts[1]].numpy()
    layer = [part[0] for part in model.architecture.shape.layers(model.control.vector[None])[1]]
    wanted = np.zeros_like(states)
    wanted[:, active] = plain_velocity(model, layer, torch.as_tensor(states)[:, active]).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)
    answer = ac.analysis.steps(trained, (1, 2, 4, 8), methods=("euler", "kutta"))
    assert answer["relative"] == pytest.approx(trained.summary["ode_difference"], rel=0.05, abs=1e-5)
    assert ac.analysis.observed_order(trained, "kutta") == pytest.approx(3, abs=0.3)


def test_the_strip_names_every_entry(trained):
    strip = ac.analysis.along(trained)
    order = [int(i) + 1 for i in trained.model.order]
    assert strip["groups"] == ["W", "b", "g"]
    weights = [f"W {i},{j}" for i in order for j in order]
    assert strip["labels"].tolist() == [*weights, *(f"b {i}" for i in order), "g"]
    for n, layer in enumerate(trained.model.control.layers):
        shown = strip["values"][:, n]
        entries = np.concatenate([part.numpy().ravel() for part in layer])
        np.testing.assert_array_equal(np.sort(shown[np.isfinite(shown)]), np.sort(entries))
        assert shown[-1] == float(layer[2])


def test_the_hamiltonian_is_its_definition(trained):
    """H_n = -(1/δ) Σ κ·F - λ|θ_n|², with costates by autograd of the plain network."""
    found = ac.analysis.hamiltonian(trained)
    squares = [sum(float(part.square().sum()) for part in layer) for layer in trained.model.control.layers]
    np.testing.assert_allclose(
        found["hamiltonian"], found["field_part"] - trained.spec.tikhonov * np.array(squares)
    )
    cost, gradient = ac.cost_and_gradient(trained.model, trained.data.train, trained.spec.tikhonov)
    assert found["cost"] == pytest.approx(cost) and found["gradient_norm"] == pytest.approx(gradient.norm())


def test_a_frozen_field_has_the_gradient_of_the_cost():
    """-∂_θ H_n at θ_n itself is the loss part of ∇J, whatever the scheme."""
    node, x, _ = problem("reconstruct", **{**OWN, "substeps": 3})
    theta, start = node.control.flatten()[None], node.to_engine(x)
    objective = Objective(node.architecture, start, start, torch.zeros(1).double())
    gradient = objective.cost_and_gradient(theta)[1].clone()
    torch.testing.assert_close(objective.frozen(theta).gradient(theta), gradient, rtol=1e-11, atol=1e-13)


def test_the_record_shows_states_between_layer_ends(trained):
    record = record_of(trained)
    assert record.probe["flow_states"].shape[0] == record.probe["flow_times"].shape[0] == 4 * 2 + 1


def test_maximisers_of_a_nonlinearity_of_its_own_against_a_grid():
    knobs = {"dataset": "bimodal", "bottleneck": 1, "particles": 20, "tikhonov": 0.02, "iterations": 2}
    spec = ac.RunSpec(**{**SMALL, **RESIDUAL, **knobs}, field="single_layer", activation="arctan")
    run = ac.train(spec)
    found, probe = ac.analysis.maximality(run), ac.analysis.costates(run)
    axis = np.linspace(-8, 8, 641)
    w, b = (grid.ravel() for grid in np.meshgrid(axis, axis))
    for n in range(4):
        x, p = probe["states"][n, :, 0], probe["costates"][n + 1, :, 0] / 20
        grid = -sum(p_i * np.arctan(w * x_i + b) for x_i, p_i in zip(x, p, strict=True))
        grid -= spec.tikhonov * (w**2 + b**2)
        assert grid.max() - 1e-6 <= found["maximum"][n] <= grid.max() + 0.01 * abs(grid.max()) + 1e-3
