"""The limit T/L -> 0: twice as many layers from the refined control, trained on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from problems import RESIDUAL

import autoencode_core as ac
from autoencode_core import analysis
from autoencode_core.analysis.ode_limit.depth import refined
from autoencode_core.analysis.ode_limit.steps import Outputs
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.spec import RunSpec
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.objective import cost_and_gradient


def told(*_):
    return None


def trained(**knobs):
    base = {"dataset": "moons", "particles": 100, "depth": 8, "horizon": 2.0, "dtype": "float64", **RESIDUAL}
    return ac.train(RunSpec(**{**base, "tikhonov": 1e-3, "iterations": 40, "field": "single_layer", **knobs}))


@pytest.fixture(scope="module")
def run():
    return trained()


@pytest.fixture(scope="module")
def answer(run):
    return analysis.depth(run)


@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"field": "two_layer"},
        {"profile": "step"},
        {"task": "classify"},
        {"field": "leaky", "scheme": "rk4"},
    ],
)
def test_the_refined_control_is_the_same_in_continuous_time(knobs):
    run = trained(iterations=5, **knobs)
    arch = run.model.architecture
    theta = refined(run.model.control.flatten(), arch.shape)
    widths = tuple(count for count in arch.counts[:4] for _ in range(2))
    spec = run.spec.but(depth=16, profile=widths, bottleneck=run.spec.bottleneck, iterations=1)
    assert Architecture.of(spec, 2).counts == tuple(count for count in arch.counts for _ in range(2))
    deep = train_regimes([spec], lambda progress: "stop", theta[None])[0]
    deep = replace(deep, model=deep.model.with_control(theta))
    once, twice = (Outputs(each, 100).by("rk4", substeps, told) for each, substeps in ((run, 64), (deep, 32)))
    assert np.allclose(once, twice, atol=1e-12)
    norm = float(arch.step * run.model.control.flatten().square().sum())
    assert float(arch.step / 2 * theta.square().sum()) == pytest.approx(norm)


def test_depths_double_and_the_run_itself_comes_first(run, answer):
    assert answer["depths"].tolist() == [8, 16, 32]
    assert answer["steps"] == pytest.approx([0.25, 0.125, 0.0625])
    assert answer["cost"][0] == answer["refined_cost"][0] == run.history["cost"][-1]
    assert np.isnan(answer["moved"][0]) and np.isnan(answer["output_change"][0])
    assert (answer["moved"][1:] > 0).all() and (answer["iterations"][1:] <= 40).all()


def test_every_figure_is_that_of_its_training(run, monkeypatch):
    made = []

    def watched(specs, told, starts):
        made.append((train_regimes(specs, told, starts)[0], starts[0]))
        return [made[-1][0]]

    monkeypatch.setattr("autoencode_core.analysis.ode_limit.depth.train_regimes", watched)
    found, before, train = analysis.depth(run, iterations=5), run, run.data.source.train
    assert found["spread"] == pytest.approx(np.sqrt(train.var(axis=0).sum()))
    for level, (deep, start) in enumerate(made, 1):
        once, shape = before.model.control.flatten(), before.model.architecture.shape
        assert torch.equal(start, refined(once, shape)) and found["iterations"][level] == 5
        away = (deep.model.control.flatten() - start).square().sum()
        assert found["moved"][level] == pytest.approx(float(2.0 / found["depths"][level] * away) ** 0.5)
        cost, _ = cost_and_gradient(deep.model.with_control(start), train, run.spec.tikhonov)
        assert found["refined_cost"][level] == pytest.approx(cost)
        ends = [np.asarray(each.model.reconstruct(run.data.train.double())) for each in (before, deep)]
        change = np.sqrt(np.square(ends[1] - ends[0]).sum(axis=1).mean())
        assert found["output_change"][level] == pytest.approx(change)
        ode = np.asarray(deep.model.coordinates.to_data(deep.model.flow(train, "rk4", 16).states[-1].numpy()))
        away = np.sqrt(np.square(ends[1] - ode).sum(axis=1).mean())
        assert found["ode_difference"][level] == pytest.approx(away)
        assert found["test_error"][level] == deep.history["test_error"][-1]
        before = deep


def test_cost_is_data_term_and_penalty(answer):
    assert answer["cost"] == pytest.approx(answer["data_term"] + answer["penalty"])


def test_training_on_lowers_the_cost(answer):
    assert (answer["cost"][1:] < answer["refined_cost"][1:]).all()


def test_pmp_never_ends_above_its_start():
    found = analysis.depth(trained(method="pmp"), doublings=2, iterations=10)
    assert (found["cost"] <= found["refined_cost"]).all()


@pytest.mark.parametrize("scheme", ["euler", "midpoint"])
def test_a_tame_flow_comes_nearer_to_its_ode_with_its_step(scheme):
    """Bimodal transport: the difference falls as the scheme's order says, and θ stays nearly optimal."""
    spec = RunSpec(dataset="bimodal", particles=100, dtype="float64", fidelity=None, depth=8)
    found, order = analysis.depth(ac.train(spec.but(scheme=scheme))), SCHEMES[scheme].order
    assert found["rate"] == pytest.approx(order, abs=0.1 * order)
    x, y = np.log(found["steps"]), np.log(found["ode_difference"])
    line, covariance = np.polyfit(x, y, 1, cov=True)
    assert (found["rate"], found["rate_error"]) == pytest.approx((line[0], covariance[0, 0] ** 0.5))
    assert found["refined_cost"][1:] == pytest.approx(found["cost"][:-1], rel=0.1)
    assert found["moved"][2] < found["moved"][1] and found["output_change"][2] < found["output_change"][1]


def test_a_flow_at_rest_has_no_rate():
    found = analysis.depth(trained(tikhonov=100.0), iterations=2)
    assert np.isnan(found["rate"]) and found["ode_difference"] == pytest.approx(0, abs=1e-9)


def test_a_spec_has_only_so_many_layers(monkeypatch):
    monkeypatch.setattr("autoencode_core.training.fidelity.MOST_SUBSTEPS", 8)  # how far is not the question
    run = trained(depth=200, iterations=1)
    found = analysis.depth(run, doublings=3, iterations=1)
    assert found["depths"].tolist() == [200, 400] and "1 of 3 doublings" in found["note"]
    with pytest.raises(InputError, match="200"):
        analysis.depth(trained(depth=202, iterations=1), iterations=1)


def test_it_says_which_trainings_could_have_gone_on(run):
    found = analysis.depth(run, iterations=2)
    assert found["ended"][1:] == ["finished", "finished"]
    assert "L = 16 and 32 ended before it converged" in found["note"]


def test_a_training_that_diverges_ends_it(run, monkeypatch):
    def diverged(*given):
        return [replace(each, status="diverged") for each in train_regimes(*given)]

    monkeypatch.setattr("autoencode_core.analysis.ode_limit.depth.train_regimes", diverged)
    found = analysis.depth(run, iterations=2)
    assert found["depths"].tolist() == [8] and "L = 16 diverged" in found["note"] and found["spread"] > 0


def test_a_large_run_has_fewer_iterations_by_default(run, monkeypatch):
    monkeypatch.setattr("autoencode_core.analysis.ode_limit.depth.MOST_FLOPS", 1.0)
    found = analysis.depth(run, doublings=1)
    assert found["iterations"][1] <= 10 and "10 iterations only" in found["note"]


def test_what_cannot_be_asked_is_refused(run):
    for bad in ({"doublings": 0}, {"doublings": True}, {"iterations": 0}, {"iterations": 5000}):
        with pytest.raises(InputError, match=next(iter(bad))):
            analysis.depth(run, **bad)
    with pytest.raises(InputError, match="diverged"):
        analysis.depth(replace(run, status="diverged"))


def test_progress_grows_and_can_give_up(run, stopping):
    shares = []
    analysis.depth(run, doublings=2, iterations=5, report=lambda share, words: shares.append(share))
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)
    stop, after = stopping
    with pytest.raises(stop):
        analysis.depth(run, iterations=20, report=after(4))


def test_the_blocks_of_every_layer_come_twice(run):
    shape, theta = run.model.architecture.shape, run.model.control.flatten()
    layers = Architecture.of(run.spec.but(depth=16), 2).shape
    twice = refined(theta, shape)
    assert len(twice) == 2 * len(theta)
    first = shape.layers(theta[None])[0]
    size = sum(part.numel() for part in first)
    assert torch.equal(twice[:size], twice[size : 2 * size]) and torch.equal(twice[:size], theta[:size])
    assert layers.size == 2 * shape.size
